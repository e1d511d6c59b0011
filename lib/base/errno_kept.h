#pragma once

// Leaves the caller's errno as it was, whatever is called in between.
//
// Threads: each has its own errno.

#include <cerrno>

namespace pawl::base {

class ErrnoKept {
 public:
  ErrnoKept() noexcept : errno_(errno) {}
  ~ErrnoKept() { errno = errno_; }
  ErrnoKept(const ErrnoKept&) = delete;
  ErrnoKept& operator=(const ErrnoKept&) = delete;

 private:
  const int errno_;
};

}  // namespace pawl::base
