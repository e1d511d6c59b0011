#pragma once

// What the threads' cells hold beyond what was sent of each context. Cells only grow: what was sent
// is remembered beside the context, and a flush takes the difference.
//
// Threads: one at a time, while any record.
// Cost: a pass over all contexts, for counters times the threads.

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include <pawl/detail/cells.h>
#include <pawl/stats.h>

#include "aggregate/shard.h"
#include "context/registry.h"

namespace pawl::client {

inline Amount samples(std::uint64_t count) noexcept { return {.samples = count, .counted = 0}; }

// One chunk of counters, summed over the threads. The calls of a cell are read first: a thread
// stores a value before its call, so the sums hold at least what the calls say. A value whose call
// is not there yet goes out with the others, and its call is counted next time.
struct CounterTotals {
  std::array<context::Totals, detail::kCellsInChunk> cells{};

  void add(const detail::CounterChunk& chunk, std::uint32_t count) noexcept {
    for (std::uint32_t i = 0; i < count; ++i) {
      cells[i].calls += chunk.cells[i].calls.load(std::memory_order_acquire);
      cells[i].sum += chunk.cells[i].sum.load(std::memory_order_relaxed);
    }
  }
};

class Unsent {
 public:
  Unsent(context::Registry& registry, aggregate::ShardPool& shards) noexcept
      : registry_(registry), shards_(shards) {}

  // Calls visit(context, calls, sum) for each counter, with what came since it was sent.
  template <class Visit>
  void each_counter(const Visit& visit) const {
    const Directory& counters = registry_.contexts(Kind::counter);
    const std::uint32_t size = counters.size();
    for (std::uint32_t first = 0; first < size; first += detail::kCellsInChunk) {
      const std::uint32_t cells = std::min(size - first, detail::kCellsInChunk);
      CounterTotals totals;
      shards_.each([&](const aggregate::Shard& shard) {
        const auto* chunk =
            shard.counters[first >> detail::kChunkBits].load(std::memory_order_acquire);
        if (chunk != nullptr) totals.add(*chunk, cells);
      });
      for (std::uint32_t i = 0; i < cells; ++i) {
        Context* found = counters[first + i];
        if (found == nullptr) continue;
        const Totals& now = totals.cells[i];
        visit(*found, now.calls - found->sent.calls, now.sum - found->sent.sum);
      }
    }
  }

  // Calls visit(context, calls) for each gauge that was set since it was sent.
  template <class Visit>
  void each_changed_gauge(const Visit& visit) const {
    const Directory& gauges = registry_.contexts(Kind::gauge);
    // What was recorded under an expired context is older than what its successor holds.
    for (const bool expired : {true, false}) {
      if (expired && !registry_.has_retired()) continue;
      for (std::uint32_t i = 0; i < gauges.size(); ++i) {
        Context* found = gauges[i];
        if (found == nullptr || found->expired != expired) continue;
        const std::uint64_t calls =
            found->gauge_calls.load(std::memory_order_acquire) - found->sent.calls;
        if (calls != 0) visit(*found, calls);
      }
    }
  }

 private:
  using Context = context::Context;
  using Directory = context::Directory;
  using Kind = context::Kind;
  using Totals = context::Totals;

  context::Registry& registry_;
  aggregate::ShardPool& shards_;
};

}  // namespace pawl::client
