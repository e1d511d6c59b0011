#include "support/lock_counter.h"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <doctest/doctest.h>
#include <pthread.h>

namespace {

using pawl::test::LockCounter;

TEST_CASE("each lock that this thread takes is counted") {
  PAWL_SKIP_UNDER_SANITIZER();
  std::mutex mutex;
  const LockCounter counter;
  { const std::lock_guard lock(mutex); }
  CHECK(counter.locks() == 1);
  CHECK(mutex.try_lock());
  mutex.unlock();
  CHECK(counter.locks() == 2);
}

TEST_CASE("read-write locks and spin locks are counted") {
  PAWL_SKIP_UNDER_SANITIZER();
  std::shared_mutex shared;
  pthread_spinlock_t spin{};
  REQUIRE(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
  const LockCounter counter;
  { const std::shared_lock lock(shared); }
  { const std::unique_lock lock(shared); }
  REQUIRE(pthread_spin_lock(&spin) == 0);
  pthread_spin_unlock(&spin);
  CHECK(counter.locks() == 3);
}

TEST_SUITE("concurrent") {
  TEST_CASE("a counted mutex still excludes, and another thread's attempts are its own") {
    std::mutex mutex;
    const std::lock_guard lock(mutex);
    bool entered = true;
    const LockCounter counter;
    std::thread other([&] { entered = mutex.try_lock(); });
    const std::uint64_t mine = counter.locks();
    other.join();
    CHECK_FALSE(entered);
    CHECK(mine == 0);
  }
}

TEST_CASE("atomics take no lock") {
  const LockCounter counter;
  std::atomic<int> number = 0;
  number.fetch_add(1);
  CHECK(counter.locks() == 0);
}

}  // namespace
