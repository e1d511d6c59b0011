#include "support/lock_counter.h"

#include <atomic>

#include <dlfcn.h>
#include <pthread.h>

namespace pawl::test {
namespace {

// Trivial, so that reaching it runs no constructor, which might lock.
constinit thread_local std::uint64_t taken = 0;

}  // namespace

LockCounter::LockCounter() : before_(taken) {}

std::uint64_t LockCounter::locks() const { return taken - before_; }

#if !PAWL_UNDER_SANITIZER
namespace {

// Asks for the C library's function at the first call: that may come before any constructor, and a
// guarded local static would take a lock itself.
template <typename Lock>
class Next {
 public:
  explicit constexpr Next(const char* name) : name_(name) {}

  int operator()(Lock* lock) {
    ++taken;
    auto* function = function_.load(std::memory_order_relaxed);
    if (function == nullptr) {
      function = reinterpret_cast<int (*)(Lock*)>(dlsym(RTLD_NEXT, name_));
      function_.store(function, std::memory_order_relaxed);
    }
    return function(lock);
  }

 private:
  const char* name_;
  std::atomic<int (*)(Lock*)> function_{nullptr};
};

constinit Next<pthread_mutex_t> next_mutex_lock("pthread_mutex_lock");
constinit Next<pthread_mutex_t> next_mutex_trylock("pthread_mutex_trylock");
constinit Next<pthread_rwlock_t> next_rwlock_rdlock("pthread_rwlock_rdlock");
constinit Next<pthread_rwlock_t> next_rwlock_wrlock("pthread_rwlock_wrlock");
constinit Next<pthread_spinlock_t> next_spin_lock("pthread_spin_lock");

}  // namespace
#endif

}  // namespace pawl::test

#if !PAWL_UNDER_SANITIZER
#define PAWL_IN_FRONT extern "C" __attribute__((visibility("default"))) int

PAWL_IN_FRONT pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  return pawl::test::next_mutex_lock(mutex);
}
PAWL_IN_FRONT pthread_mutex_trylock(pthread_mutex_t* mutex) noexcept {
  return pawl::test::next_mutex_trylock(mutex);
}
PAWL_IN_FRONT pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return pawl::test::next_rwlock_rdlock(lock);
}
PAWL_IN_FRONT pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return pawl::test::next_rwlock_wrlock(lock);
}
PAWL_IN_FRONT pthread_spin_lock(pthread_spinlock_t* lock) noexcept {
  return pawl::test::next_spin_lock(lock);
}
#endif
