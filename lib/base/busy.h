#pragma once

// Says that a thread is inside of something, so that the child of a fork, in which that thread does
// not exist, knows what it cannot trust.
//
// Threads: one at a time makes one; the flag may be read by any.

#include <atomic>

namespace pawl::base {

class Busy {
 public:
  explicit Busy(std::atomic<bool>& flag) noexcept : flag_(flag) { flag_ = true; }
  ~Busy() { flag_ = false; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  std::atomic<bool>& flag_;
};

}  // namespace pawl::base
