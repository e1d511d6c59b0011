#pragma once

// What an errno of the socket calls means to the sender.
//
// Threads: stateless. Cost: none. Errors: every errno has a status.

#include <cerrno>

#include <pawl/transport.h>

namespace pawl::transport {

SendStatus status_of(int error) noexcept;

// Keeps the program's errno as it was before a call of ours.
class ErrnoKept {
 public:
  ErrnoKept() noexcept : before_(errno) {}
  ~ErrnoKept() { errno = before_; }
  ErrnoKept(const ErrnoKept&) = delete;
  ErrnoKept& operator=(const ErrnoKept&) = delete;

 private:
  const int before_;
};

// Gives the result of a system call that is repeated while signals interrupt it.
template <class Call>
auto uninterrupted(const Call& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace pawl::transport
