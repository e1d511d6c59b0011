// Threads record under the context of one shape, while the flusher has it expire each time it can:
// it can then not be found any more, is freed when no look-up of before is at work, and its number
// and cell go to the next context. A cell is never reset, so that context counts from what is in
// it. Every value is a bit of its own, so a sum shows which calls are in it.
//
// What stands for what:
//   record         client::Sight over Core::Lease, which says that it looks
//   find_or_make   context::Contexts::in_room and make, Directory::next and add
//   remember       context::Registry::remember
//   none_looks     aggregate::ShardPool::all_have_looked, with the patience of one look
//   flush          client::Flusher::flush_locked, each_counter and flush_counters
//   retire         context::Registry::retire, Contexts::expire, ShapeTable::remove_if
//   free_retired   context::Contexts::free_expired, Directory::remove
//
// The flusher's fence is membarrier(2), one for all threads, which relacy has as a system-wide one.
// That also orders what else the threads did before, so the model is run with a fence on each side
// as well, which orders less.

#include <array>
#include <cstdint>

#include "model/explore.h"

namespace {

using pawl::test::at_random;
using pawl::test::check_caught;
using pawl::test::check_holds;
using pawl::test::in_order;
using pawl::test::Locked;

constexpr unsigned kThreads = 2;
constexpr unsigned kCalls = 2;
constexpr unsigned kFlushes = 4;
constexpr unsigned kNumbers = 4;
constexpr unsigned kContexts = kThreads * kCalls;

enum class Fence { for_all_threads, on_each_side };
enum class Fault {
  none,
  no_fence_of_the_flusher,
  no_fence_of_the_thread,
  fence_before_retiring,
  nobody_asked,
  looking_ended_relaxed,
  looking_ended_early,
  looking_read_relaxed,
  asked_after_the_fold,
  expired_remembered,
  counted_from_nothing,
};

template <Fence kFence, Fault kFault>
class Expiring : public rl::test_suite<Expiring<kFence, kFault>, kThreads + 1> {
 public:
  void before() {
    for (auto& place : places_) place.store(nullptr, rl::memory_order_relaxed);
  }

  void thread(unsigned index) {
    if (index == kThreads)
      for (unsigned i = 0; i < kFlushes; ++i) flush();
    else
      for (unsigned call = 0; call < kCalls; ++call)
        record(shards_[index], std::uint64_t{1} << (index * kCalls + call));
  }

  void after() {
    flush_counters();
    for (unsigned serial = 0; serial < kContexts; ++serial) {
      std::uint64_t recorded = 0;
      for (const Shard& shard : shards_) recorded += shard.recorded[serial];
      RL_ASSERT(received_[serial] == recorded);
    }
    for (auto& place : places_) delete place.load(rl::memory_order_relaxed);
  }

 private:
  struct Context {
    rl::var<unsigned> index;
    rl::var<std::uint64_t> sent;
    rl::var<unsigned> serial;  // by which the model tells them apart
    rl::atomic<bool> expired{false};
  };
  struct Cell {
    rl::atomic<std::uint64_t> sum{0};
    rl::atomic<std::uint64_t> calls{0};
  };
  struct Shard {
    rl::atomic<unsigned> looking{0};
    std::array<Cell, kNumbers> cells;
    std::array<std::uint64_t, kContexts> recorded{};  // what the model compares with
  };

  static constexpr rl::memory_order unless(Fault fault, rl::memory_order right) {
    return kFault == fault ? rl::mo_relaxed : right;
  }

  // By a thread.

  void record(Shard& shard, std::uint64_t value) {
    shard.looking.store(1, rl::memory_order_relaxed);
    if (kFence == Fence::on_each_side && kFault != Fault::no_fence_of_the_thread)
      rl::atomic_thread_fence(rl::memory_order_seq_cst);
    const auto end = [&shard] {
      shard.looking.store(0, unless(Fault::looking_ended_relaxed, rl::mo_release), RL_INFO);
    };
    Context* context = shape_.load(rl::memory_order_acquire);
    if (context == nullptr) {
      context = find_or_make();
      remember(context);
    }
    if (kFault == Fault::looking_ended_early) end();
    const unsigned index = VAR(context->index);
    const unsigned serial = VAR(context->serial);
    shard.recorded[serial] += value;
    add(shard.cells[index], value);
    if (kFault != Fault::looking_ended_early) end();
  }

  void add(Cell& cell, std::uint64_t value) {
    cell.sum.store(cell.sum.load(rl::memory_order_relaxed) + value, rl::memory_order_relaxed);
    cell.calls.store(cell.calls.load(rl::memory_order_relaxed) + 1, rl::memory_order_release);
  }

  Context* find_or_make() {
    const Locked lock{map_mutex_};
    Context* known = VAR(map_);
    if (known != nullptr) return known;
    const Locked lock_directory{directory_mutex_};
    const bool reuses = VAR(has_free_);
    const unsigned size = size_.load(rl::memory_order_acquire);
    const unsigned index = reuses ? VAR(free_index_).load() : size;
    const std::uint64_t sent = reuses ? VAR(free_total_).load() : 0;
    auto* made = new Context;
    VAR(made->index) = index;
    VAR(made->sent) = kFault == Fault::counted_from_nothing ? 0 : sent;
    VAR(made->serial) = made_;
    ++made_;
    VAR(map_) = made;
    places_[index].store(made, rl::memory_order_release);
    if (reuses)
      VAR(has_free_) = false;
    else
      size_.store(size + 1, rl::memory_order_release);
    return made;
  }

  void remember(Context* context) {
    const Locked lock{shapes_mutex_};
    if (shape_.load(rl::memory_order_relaxed) != nullptr) return;
    if (kFault != Fault::expired_remembered && context->expired.load(rl::memory_order_seq_cst))
      return;
    shape_.store(context, rl::memory_order_release);
  }

  // By the flusher.

  void flush() {
    bool unread = false;
    if (kFault != Fault::asked_after_the_fold) unread = retired_ != nullptr && none_looks();
    flush_counters();
    if (kFault == Fault::asked_after_the_fold) unread = retired_ != nullptr && none_looks();
    if (unread) free_retired();
    if (retired_ == nullptr) retire();
  }

  void fence() {
    if (kFault == Fault::no_fence_of_the_flusher) return;
    if (kFence == Fence::on_each_side)
      rl::atomic_thread_fence(rl::memory_order_seq_cst);
    else
      rl::systemwide_fence(RL_INFO);
  }

  bool none_looks() {
    if (kFault == Fault::nobody_asked) return true;
    if (kFault != Fault::fence_before_retiring) fence();
    bool none = true;
    for (Shard& shard : shards_)
      none = none &&
             shard.looking.load(unless(Fault::looking_read_relaxed, rl::mo_acquire), RL_INFO) == 0;
    return none;
  }

  void flush_counters() {
    const unsigned size = size_.load(rl::memory_order_acquire);
    for (unsigned i = 0; i < size; ++i) {
      std::uint64_t total = 0;
      for (Shard& shard : shards_) {
        (void)shard.cells[i].calls.load(rl::memory_order_acquire);
        total += shard.cells[i].sum.load(rl::memory_order_relaxed);
      }
      Context* context = places_[i].load(rl::memory_order_acquire);
      if (context == nullptr) continue;
      const unsigned serial = VAR(context->serial);
      received_[serial] += total - VAR(context->sent);
      VAR(context->sent) = total;
    }
  }

  void retire() {
    if (kFault == Fault::fence_before_retiring) fence();
    {
      const Locked lock{map_mutex_};
      retired_ = VAR(map_);
      if (retired_ == nullptr) return;
      retired_->expired.store(true, rl::memory_order_seq_cst);
      VAR(map_) = nullptr;
    }
    const Locked lock{shapes_mutex_};
    if (shape_.load(rl::memory_order_relaxed) == retired_)
      shape_.store(nullptr, rl::memory_order_relaxed);
  }

  void free_retired() {
    const Locked lock{directory_mutex_};
    const unsigned index = VAR(retired_->index);
    const std::uint64_t total = VAR(retired_->sent);
    VAR(free_index_) = index;
    VAR(free_total_) = total;
    VAR(has_free_) = true;
    places_[index].store(nullptr, rl::memory_order_release);
    delete retired_;
    retired_ = nullptr;
  }

  std::array<Shard, kThreads> shards_;
  rl::atomic<Context*> shape_{nullptr};  // the shape's entry; nullptr: none, or removed
  rl::mutex shapes_mutex_;
  rl::mutex map_mutex_;
  rl::var<Context*> map_{nullptr};
  rl::mutex directory_mutex_;
  rl::atomic<unsigned> size_{0};
  std::array<rl::atomic<Context*>, kNumbers> places_;
  rl::var<bool> has_free_{false};
  rl::var<unsigned> free_index_{0};
  rl::var<std::uint64_t> free_total_{0};
  unsigned made_ = 0;           // with the map's mutex
  Context* retired_ = nullptr;  // the flusher's
  std::array<std::uint64_t, kContexts> received_{};
};

template <Fault kFault>
void check_caught_with_either_fence() {
  check_caught<Expiring<Fence::for_all_threads, kFault>>();
  check_caught<Expiring<Fence::on_each_side, kFault>>();
}

TEST_CASE("what is recorded under a context is sent as its own, whenever it expires") {
  check_holds<Expiring<Fence::for_all_threads, Fault::none>>(at_random(100'000), in_order(1));
  check_holds<Expiring<Fence::on_each_side, Fault::none>>(at_random(100'000));
}

TEST_CASE("a flusher without a fence is caught") {
  check_caught_with_either_fence<Fault::no_fence_of_the_flusher>();
}

TEST_CASE("a thread without a fence is caught where the flusher's is its own only") {
  check_caught<Expiring<Fence::on_each_side, Fault::no_fence_of_the_thread>>();
}

TEST_CASE("a fence before the context is retired is caught") {
  check_caught_with_either_fence<Fault::fence_before_retiring>();
}

TEST_CASE("a flusher that does not ask who looks is caught") {
  check_caught_with_either_fence<Fault::nobody_asked>();
}

TEST_CASE("a look-up whose end is stored relaxed is caught") {
  check_caught_with_either_fence<Fault::looking_ended_relaxed>();
}

TEST_CASE("a look-up that ends before the cell is written is caught") {
  check_caught_with_either_fence<Fault::looking_ended_early>();
}

TEST_CASE("a look-up whose end is read relaxed is caught") {
  check_caught_with_either_fence<Fault::looking_read_relaxed>();
}

TEST_CASE("a flusher that asks who looks after the last fold is caught") {
  check_caught_with_either_fence<Fault::asked_after_the_fold>();
}

TEST_CASE("an expired context that is remembered is caught") {
  check_caught_with_either_fence<Fault::expired_remembered>();
}

TEST_CASE("a context that does not count from what its cell holds is caught") {
  check_caught_with_either_fence<Fault::counted_from_nothing>();
}

}  // namespace
