#pragma once
// Counts, and on demand fails, the allocations of one thread. The test program's operator new and
// delete are replaced in alloc_counter.cpp; under a sanitizer they are not, and every count is 0:
// begin such a test with PAWL_SKIP_UNDER_SANITIZER().
//
// Threads: each object sees the thread that made it.
// Cost: a thread-local increment an allocation.

#include <cstdint>

#include "support/sanitizers.h"

namespace pawl::test {

// Counts what its thread did since it was made.
class AllocCounter {
 public:
  AllocCounter();

  std::uint64_t allocations() const;
  std::uint64_t frees() const;

 private:
  std::uint64_t allocations_before_;
  std::uint64_t frees_before_;
};

// Counts the most bytes that its thread held at a time of what it allocated since it was made, with
// what the allocator rounds up to. What was allocated before must not be freed meanwhile.
class PeakAlloc {
 public:
  PeakAlloc();

  std::uint64_t bytes() const;
};

// While it lives, the nth allocation of its thread (counted from 1) throws std::bad_alloc.
class FailingAlloc {
 public:
  explicit FailingAlloc(std::uint64_t nth);
  ~FailingAlloc();
  FailingAlloc(const FailingAlloc&) = delete;
  FailingAlloc& operator=(const FailingAlloc&) = delete;

  bool happened() const;
};

}  // namespace pawl::test
