#include "tools/acceptor.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/socket.h>

namespace pawl::tools {
namespace {

// Without descriptors left, accepting fails at once, again and again.
constexpr std::chrono::milliseconds kPause{100};

}  // namespace

Acceptor::Acceptor(asio::io_context& io, BoundSocket socket, OnConnection on_connection)
    : file_(std::move(socket.file)),
      descriptor_(io, socket.descriptor.release()),
      timer_(io),
      on_connection_(std::move(on_connection)) {}

void Acceptor::start() {
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](asio::error_code error) {
    if (error) return;
    if (drain()) {
      start();
      return;
    }
    timer_.expires_after(kPause);
    timer_.async_wait([this](asio::error_code ended) {
      if (!ended) start();
    });
  });
}

bool Acceptor::drain() {
  while (accept_one()) {
  }
  return errno == EAGAIN || errno == EWOULDBLOCK;
}

// Tells whether there was one; errno says why not.
bool Acceptor::accept_one() {
  int number = -1;
  do number = accept4(descriptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  while (number < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (number < 0) return false;
  on_connection_(Descriptor{number});
  return true;
}

}  // namespace pawl::tools
