// Two threads add to a counter, each in its own cells, while the flusher sends what their totals
// have grown by. Every value is a bit of its own, so a sum shows which calls are in it.
//
// What stands for what:
//   record  aggregate::Shard::make_chunk, detail::Cells::add
//   add     detail::CounterCell::add
//   flush   client::Flusher::each_counter, CounterTotals::add, flush_counters

#include <array>
#include <bit>
#include <cstdint>

#include "model/explore.h"

namespace {

using pawl::test::at_random;
using pawl::test::check_caught;
using pawl::test::check_holds;
using pawl::test::in_order;

constexpr unsigned kThreads = 2;
constexpr unsigned kCalls = 3;
constexpr unsigned kFlushes = 3;

enum class Fault {
  none,
  chunk_published_relaxed,
  call_stored_first,
  call_stored_relaxed,
  call_read_relaxed,
  sum_read_first,
};

template <Fault kFault>
class Flushing : public rl::test_suite<Flushing<kFault>, kThreads + 1> {
 public:
  void thread(unsigned index) {
    if (index == kThreads) {
      for (unsigned i = 0; i < kFlushes; ++i) flush();
      return;
    }
    for (unsigned call = 0; call < kCalls; ++call)
      record(shards_[index], std::uint64_t{1} << (index * kCalls + call));
  }

  void after() {
    flush();
    RL_ASSERT(sent_calls_ == kThreads * kCalls);
    RL_ASSERT(received_ == (std::uint64_t{1} << (kThreads * kCalls)) - 1);
    for (Shard& shard : shards_) delete shard.chunk.load(rl::memory_order_relaxed);
  }

 private:
  struct Chunk {
    rl::atomic<std::uint64_t> sum{0};
    rl::atomic<std::uint64_t> calls{0};
  };
  struct Shard {
    rl::atomic<Chunk*> chunk{nullptr};
  };

  static constexpr rl::memory_order unless(Fault fault, rl::memory_order right) {
    return kFault == fault ? rl::mo_relaxed : right;
  }

  void record(Shard& shard, std::uint64_t value) {
    Chunk* chunk = shard.chunk.load(rl::memory_order_relaxed);
    if (chunk == nullptr) {
      chunk = new Chunk;
      shard.chunk.store(chunk, unless(Fault::chunk_published_relaxed, rl::mo_release), RL_INFO);
    }
    add(*chunk, value);
  }

  void add(Chunk& chunk, std::uint64_t value) {
    const auto count = [&chunk] {
      chunk.calls.store(chunk.calls.load(rl::memory_order_relaxed) + 1,
                        unless(Fault::call_stored_relaxed, rl::mo_release),
                        RL_INFO);
    };
    if (kFault == Fault::call_stored_first) count();
    chunk.sum.store(chunk.sum.load(rl::memory_order_relaxed) + value, rl::memory_order_relaxed);
    if (kFault != Fault::call_stored_first) count();
  }

  void flush() {
    std::uint64_t total_calls = 0;
    std::uint64_t total_sum = 0;
    for (Shard& shard : shards_) {
      Chunk* chunk = shard.chunk.load(rl::memory_order_acquire);
      if (chunk == nullptr) continue;
      if (kFault == Fault::sum_read_first) total_sum += chunk->sum.load(rl::memory_order_relaxed);
      total_calls += chunk->calls.load(unless(Fault::call_read_relaxed, rl::mo_acquire), RL_INFO);
      if (kFault != Fault::sum_read_first) total_sum += chunk->sum.load(rl::memory_order_relaxed);
    }
    if (total_calls == sent_calls_) return;
    const std::uint64_t sum = total_sum - sent_sum_;
    RL_ASSERT(total_calls > sent_calls_);
    RL_ASSERT((sum & received_) == 0);
    received_ |= sum;
    sent_calls_ = total_calls;
    sent_sum_ = total_sum;
    RL_ASSERT(static_cast<std::uint64_t>(std::popcount(received_)) >= sent_calls_);
  }

  std::array<Shard, kThreads> shards_;
  std::uint64_t sent_calls_ = 0;
  std::uint64_t sent_sum_ = 0;
  std::uint64_t received_ = 0;  // by the Agent: each bit once
};

TEST_CASE("every call is sent once, and never without its value") {
  check_holds<Flushing<Fault::none>>(at_random(200'000), in_order(1));
}

TEST_CASE("a chunk that is published before its cells are there is caught") {
  check_caught<Flushing<Fault::chunk_published_relaxed>>();
}

TEST_CASE("a call that is stored before its value is caught") {
  check_caught<Flushing<Fault::call_stored_first>>();
}

TEST_CASE("a call that is stored relaxed is caught") {
  check_caught<Flushing<Fault::call_stored_relaxed>>();
}

TEST_CASE("a call that is read relaxed is caught") {
  check_caught<Flushing<Fault::call_read_relaxed>>();
}

TEST_CASE("a flush that reads the sum before the calls is caught") {
  check_caught<Flushing<Fault::sum_read_first>>();
}

}  // namespace
