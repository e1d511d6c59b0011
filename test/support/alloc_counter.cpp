#include "support/alloc_counter.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

namespace pawl::test {
namespace {

struct Counts {
  std::uint64_t allocations = 0;
  std::uint64_t frees = 0;
  std::uint64_t until_failure = 0;  // 0: none is asked for
  bool failed = false;
  std::int64_t held_bytes = 0;
  std::int64_t most_bytes = 0;
};

// Trivial, so that reaching it neither allocates nor runs a constructor.
constinit thread_local Counts counts;

}  // namespace

AllocCounter::AllocCounter()
    : allocations_before_(counts.allocations), frees_before_(counts.frees) {}

std::uint64_t AllocCounter::allocations() const { return counts.allocations - allocations_before_; }
std::uint64_t AllocCounter::frees() const { return counts.frees - frees_before_; }

PeakAlloc::PeakAlloc() { counts.held_bytes = counts.most_bytes = 0; }
std::uint64_t PeakAlloc::bytes() const { return static_cast<std::uint64_t>(counts.most_bytes); }

FailingAlloc::FailingAlloc(std::uint64_t nth) {
  counts.until_failure = nth;
  counts.failed = false;
}

FailingAlloc::~FailingAlloc() { counts.until_failure = 0; }

bool FailingAlloc::happened() const { return counts.failed; }

#if !PAWL_UNDER_SANITIZER
namespace {

bool must_fail() {
  if (counts.until_failure == 0 || --counts.until_failure != 0) return false;
  counts.failed = true;
  return true;
}

void* allocate(std::size_t bytes, std::size_t alignment) {
  ++counts.allocations;
  if (must_fail()) throw std::bad_alloc();
  const std::size_t wanted = bytes == 0 ? 1 : bytes;
  void* made = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    made = std::malloc(wanted);
  } else if (posix_memalign(&made, alignment, wanted) != 0) {
    made = nullptr;
  }
  if (made == nullptr) throw std::bad_alloc();
  counts.held_bytes += static_cast<std::int64_t>(malloc_usable_size(made));
  counts.most_bytes = std::max(counts.most_bytes, counts.held_bytes);
  return made;
}

void release(void* memory) noexcept {
  if (memory == nullptr) return;
  ++counts.frees;
  counts.held_bytes -= static_cast<std::int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace
#endif

}  // namespace pawl::test

#if !PAWL_UNDER_SANITIZER
// The standard library's other forms ([], nothrow, sized) call these.
void* operator new(std::size_t bytes) { return pawl::test::allocate(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return pawl::test::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { pawl::test::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { pawl::test::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { pawl::test::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  pawl::test::release(memory);
}
#endif
