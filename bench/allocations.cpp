// The programs' operator new, which counts. The standard library's other forms call these.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "calls.h"

namespace bench {
namespace {

// Trivial, so that reaching it neither allocates nor runs a constructor.
constinit thread_local std::uint64_t t_allocations = 0;

void* allocated(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  ++t_allocations;
  return memory;
}

}  // namespace

std::uint64_t allocations() noexcept { return t_allocations; }

}  // namespace bench

void* operator new(std::size_t bytes) {
  return bench::allocated(std::malloc(bytes == 0 ? 1 : bytes));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto boundary = static_cast<std::size_t>(alignment);
  return bench::allocated(
      std::aligned_alloc(boundary, (bytes + boundary - 1) / boundary * boundary));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
