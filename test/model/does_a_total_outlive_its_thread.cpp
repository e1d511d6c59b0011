// Threads take a shard, record and give it back at their end, to be taken by the next thread, while
// the flusher folds all shards. Each of the two running here lives two threads' lives. Every value
// is a bit of its own, so a sum shows which calls are in it.
//
// What stands for what:
//   acquire, release, make  those of aggregate::ShardPool
//   record                  detail::CounterCell::add, and Shard::keeps for what the owner alone
//   has fold                    client::Flusher::each_counter over ShardPool::each

#include <bit>
#include <cstdint>
#include <type_traits>

#include "model/explore.h"

namespace {

using pawl::test::at_random;
using pawl::test::check_caught;
using pawl::test::check_holds;
using pawl::test::in_order;
using pawl::test::Locked;
using pawl::test::UnorderedLock;

constexpr unsigned kThreads = 2;
constexpr unsigned kLives = 2;
constexpr unsigned kCalls = 2;
constexpr unsigned kFolds = 3;

enum class Fault {
  none,
  given_back_early,
  started_anew,
  unordered_lock,
  list_published_relaxed,
};

template <Fault kFault>
class Ending : public rl::test_suite<Ending<kFault>, kThreads + 1> {
 public:
  void thread(unsigned index) {
    if (index == kThreads)
      for (unsigned i = 0; i < kFolds; ++i) fold();
    else
      for (unsigned life = 0; life < kLives; ++life) live(index * kLives + life);
  }

  void after() {
    fold();
    RL_ASSERT(calls_ == kThreads * kLives * kCalls);
    RL_ASSERT(sum_ == (std::uint64_t{1} << (kThreads * kLives * kCalls)) - 1);
    Shard* shard = first_.load(rl::memory_order_relaxed);
    while (shard != nullptr) {
      Shard* next = VAR(shard->next);
      delete shard;
      shard = next;
    }
  }

 private:
  using Mutex = std::conditional_t<kFault == Fault::unordered_lock, UnorderedLock, rl::mutex>;

  struct Shard {
    rl::atomic<std::uint64_t> sum{0};
    rl::atomic<std::uint64_t> calls{0};
    rl::var<unsigned> random{0};
    rl::var<Shard*> next{nullptr};
    rl::var<Shard*> next_free{nullptr};
  };

  void live(unsigned life) {
    Shard& shard = acquire();
    if (kFault == Fault::started_anew) shard.sum.store(0, rl::memory_order_relaxed);
    for (unsigned call = 0; call < kCalls; ++call) {
      const bool last = call + 1 == kCalls;
      if (kFault == Fault::given_back_early && last) release(shard);
      record(shard, std::uint64_t{1} << (life * kCalls + call));
    }
    if (kFault != Fault::given_back_early) release(shard);
  }

  Shard& acquire() {
    const Locked lock{mutex_};
    Shard* shard = VAR(free_);
    if (shard == nullptr) return make();
    Shard* next = VAR(shard->next_free);
    VAR(free_) = next;
    return *shard;
  }

  void release(Shard& shard) {
    const Locked lock{mutex_};
    Shard* next = VAR(free_);
    VAR(shard.next_free) = next;
    VAR(free_) = &shard;
  }

  Shard& make() {
    auto* shard = new Shard;
    VAR(shard->next) = first_.load(rl::memory_order_relaxed);
    first_.store(
        shard, kFault == Fault::list_published_relaxed ? rl::mo_relaxed : rl::mo_release, RL_INFO);
    return *shard;
  }

  void record(Shard& shard, std::uint64_t value) {
    VAR(shard.random) += 1;
    shard.sum.store(shard.sum.load(rl::memory_order_relaxed) + value, rl::memory_order_relaxed);
    shard.calls.store(shard.calls.load(rl::memory_order_relaxed) + 1, rl::memory_order_release);
  }

  void fold() {
    std::uint64_t calls = 0;
    std::uint64_t sum = 0;
    for (Shard* shard = first_.load(rl::memory_order_acquire); shard != nullptr;
         shard = VAR(shard->next)) {
      calls += shard->calls.load(rl::memory_order_acquire);
      sum += shard->sum.load(rl::memory_order_relaxed);
    }
    RL_ASSERT(calls >= calls_);
    RL_ASSERT((sum & sum_) == sum_);
    RL_ASSERT(static_cast<std::uint64_t>(std::popcount(sum)) >= calls);
    calls_ = calls;
    sum_ = sum;
  }

  rl::atomic<Shard*> first_{nullptr};
  Mutex mutex_;
  rl::var<Shard*> free_{nullptr};
  std::uint64_t calls_ = 0;  // the flusher's last total
  std::uint64_t sum_ = 0;
};

TEST_CASE("a total keeps what threads that ended had recorded") {
  check_holds<Ending<Fault::none>>(at_random(200'000), in_order(1));
}

TEST_CASE("a shard that is given back before the last record is caught") {
  check_caught<Ending<Fault::given_back_early>>();
}

TEST_CASE("a thread that starts its shard's cells anew is caught") {
  check_caught<Ending<Fault::started_anew>>();
}

TEST_CASE("a lock that orders nothing is caught") { check_caught<Ending<Fault::unordered_lock>>(); }

TEST_CASE("a shard that is listed relaxed is caught") {
  check_caught<Ending<Fault::list_published_relaxed>>();
}

}  // namespace
