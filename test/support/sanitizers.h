#pragma once
// Says whether this build runs under AddressSanitizer or ThreadSanitizer, which replace the
// allocator and the mutexes themselves, so the counters of this folder step aside. A child of
// fork() waits for ever in AddressSanitizer's allocator when another thread was in it.

namespace pawl::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PAWL_UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define PAWL_UNDER_SANITIZER 1
#endif
#endif
#ifndef PAWL_UNDER_SANITIZER
#define PAWL_UNDER_SANITIZER 0
#endif

inline constexpr bool kUnderSanitizer = PAWL_UNDER_SANITIZER == 1;

#if defined(__SANITIZE_ADDRESS__)
#define PAWL_UNDER_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PAWL_UNDER_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef PAWL_UNDER_ADDRESS_SANITIZER
#define PAWL_UNDER_ADDRESS_SANITIZER 0
#endif

// Whether a child may allocate when other threads of its parent do so at the fork.
inline constexpr bool kForksAllocator = PAWL_UNDER_ADDRESS_SANITIZER == 0;

}  // namespace pawl::test

// Ends a test case, saying so, where what it counts cannot be counted.
#define PAWL_SKIP_UNDER_SANITIZER()                                   \
  if constexpr (::pawl::test::kUnderSanitizer) {                      \
    MESSAGE("skipped: the sanitizer owns the allocator and mutexes"); \
    return;                                                           \
  }
#define PAWL_SKIP_WITHOUT_FORKED_ALLOCATOR()                        \
  if constexpr (!::pawl::test::kForksAllocator) {                   \
    MESSAGE("skipped: the sanitizer's allocator cannot be forked"); \
    return;                                                         \
  }
