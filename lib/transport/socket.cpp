#include "transport/socket.h"

#include <memory>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/errors.h"

namespace pawl::transport {

int Socket::open(int domain, int type) noexcept {
  const std::lock_guard lock{mutex_};
  close_locked();
  const int made = ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made < 0) return errno;
  struct stat facts {};
  if (::fstat(made, &facts) != 0) {
    const int error = errno;
    ::close(made);
    return error;
  }
  descriptor_ = made;
  device_ = facts.st_dev;
  inode_ = facts.st_ino;
  return 0;
}

int Socket::connect(const void* address, std::size_t size) noexcept {
  const auto* generic = static_cast<const sockaddr*>(address);
  const auto length = static_cast<socklen_t>(size);
  const int result = uninterrupted([&] { return ::connect(descriptor_, generic, length); });
  return result == 0 ? 0 : errno;
}

void Socket::close() noexcept {
  const std::lock_guard lock{mutex_};
  close_locked();
}

void Socket::close_locked() noexcept {
  // Not repeated on EINTR: Linux has closed it by then, and the number may be somebody else's.
  if (is_ours(descriptor_)) ::close(descriptor_);
  descriptor_ = -1;
}

bool Socket::is_open() const noexcept { return is_ours(descriptor_); }

bool Socket::is_ours(int descriptor) const noexcept {
  struct stat facts {};
  return descriptor >= 0 && ::fstat(descriptor, &facts) == 0 && facts.st_dev == device_ &&
         facts.st_ino == inode_;
}

int Socket::take_error() noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

void Socket::wait_writable(std::chrono::milliseconds timeout) const noexcept {
  if (!is_open()) return;
  pollfd wanted{descriptor_, POLLOUT, 0};
  ::poll(&wanted, 1, static_cast<int>(timeout.count()));  // EINTR: the caller tries and waits again
}

void Socket::after_fork_in_child() noexcept {
  close_locked();
  // The parent's lock; whoever waited for it does not exist here.
  std::construct_at(&mutex_);
}

}  // namespace pawl::transport
