#pragma once
// Counts the locks that one thread takes: pthread mutexes (and so std::mutex), read-write locks and
// spin locks. lock_counter.cpp puts functions of the same names before the C library's; under a
// sanitizer it does not, and every count is 0: begin such a test with PAWL_SKIP_UNDER_SANITIZER().
// A lock made of atomics, and the C library's own inner locks, are not seen.
//
// Threads: each object sees the thread that made it.

#include <cstdint>

#include "support/sanitizers.h"

namespace pawl::test {

class LockCounter {
 public:
  LockCounter();

  // Returns the attempts since it was made, those that found the lock taken included.
  std::uint64_t locks() const;

 private:
  std::uint64_t before_;
};

}  // namespace pawl::test
