#include "transport/frame.h"

#include <array>
#include <cstdint>

#include <poll.h>
#include <sys/uio.h>

#include "transport/errors.h"

namespace pawl::transport {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kHeaderBytes = 4;

class Frame {
 public:
  explicit Frame(std::string_view payload) noexcept : payload_(payload) {
    const auto size = static_cast<std::uint32_t>(payload.size());
    for (std::size_t i = 0; i < kHeaderBytes; ++i)
      header_[i] = static_cast<char>(static_cast<unsigned char>(size >> (8 * i)));
  }

  bool whole() const noexcept { return done_ == kHeaderBytes + payload_.size(); }

  // Puts out what is left, as far as the kernel takes it; 0 or an errno.
  int push(const SystemCalls& calls, int descriptor) noexcept {
    const std::size_t of_header = done_ < kHeaderBytes ? done_ : kHeaderBytes;
    const std::size_t of_payload = done_ - of_header;
    std::array<iovec, 2> pieces{
        iovec{header_.data() + of_header, kHeaderBytes - of_header},
        iovec{const_cast<char*>(payload_.data()) + of_payload, payload_.size() - of_payload}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const ssize_t sent = uninterrupted(
        [&] { return calls.sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT); });
    if (sent < 0) return errno;
    done_ += static_cast<std::size_t>(sent);
    return 0;
  }

 private:
  std::array<char, kHeaderBytes> header_{};
  std::string_view payload_;
  std::size_t done_ = 0;
};

// Tells whether there was room, or an error to be met, before the deadline.
bool wait_for_room(int descriptor, steady_clock::time_point deadline) noexcept {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  if (left <= milliseconds{0}) return false;
  pollfd wanted{descriptor, POLLOUT, 0};
  // Interrupted or not, the deadline is read again.
  return ::poll(&wanted, 1, static_cast<int>(left.count())) != 0;
}

}  // namespace

int send_frame(const SystemCalls& calls,
               int descriptor,
               std::string_view payload,
               milliseconds patience) noexcept {
  Frame frame{payload};
  int error = frame.push(calls, descriptor);
  if (error != 0 || frame.whole()) return error;
  const auto deadline = steady_clock::now() + patience;
  while (!frame.whole()) {
    if (error != 0 && status_of(error) != SendStatus::would_block) return error;
    if (!wait_for_room(descriptor, deadline)) return ETIMEDOUT;
    error = frame.push(calls, descriptor);
  }
  return 0;
}

}  // namespace pawl::transport
