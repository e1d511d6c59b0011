#include "tools/output.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

namespace pawl::tools {
namespace {

// Standard output may have been made non-blocking by whom it is shared with.
void wait_writable(int descriptor) {
  pollfd waiting{descriptor, POLLOUT, 0};
  poll(&waiting, 1, -1);
}

}  // namespace

void Output::line(std::string_view text) { pending_.append(text).append("\n"); }

bool Output::flush() noexcept {
  std::string_view rest = pending_;
  while (!rest.empty() && !failed_) {
    const ssize_t written = write(descriptor_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_writable(descriptor_);
    } else {
      failed_ = errno != EINTR;
    }
  }
  pending_.clear();
  return !failed_;
}

}  // namespace pawl::tools
