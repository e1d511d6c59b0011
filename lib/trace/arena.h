#pragma once

// All that one thread traces with: the drafts of its open spans and the states of the traces that
// it began, which come back here to be used again; the blocks into which its finished spans are
// written, for the flusher to take; and its share of the ledger. When the thread ends, the next one
// gets the arena as it is.
//
// Threads: the owner, without a lock. The flusher takes records and gives back blocks and states;
// any thread gives back drafts.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <pawl/trace_stats.h>

#include "trace/budget.h"
#include "trace/draft.h"
#include "trace/record.h"
#include "trace/trace_state.h"

namespace pawl::trace {

// Memory for records. The owner fills it from its front; it is the flusher's when the next one is
// begun and all records in it were taken.
struct Block {
  static constexpr std::size_t kBytes = 64 << 10;

  std::atomic<Block*> next{nullptr};
  std::atomic<std::uint32_t> used{0};
  std::uint32_t capacity;
  std::uint32_t budgeted = 0;  // of its bytes; none while it is a thread's current one
  Block* next_free = nullptr;
  std::uint32_t taken = 0;  // the flusher's

  explicit Block(std::uint32_t bytes) noexcept : capacity(bytes) {}
  char* bytes() noexcept { return reinterpret_cast<char*>(this + 1); }

  // Null without memory.
  static Block* make(std::size_t capacity) noexcept;
  static void free(Block* block) noexcept;
};

// A list to which many push, and from which one takes all: nothing can be taken twice.
template <class Node, Node* Node::*kNext>
class GiveBackList {
 public:
  void push(Node* node) noexcept { push(node, node); }
  // The same of a chain.
  void push(Node* begin, Node* last) noexcept {
    Node* first = first_.load(std::memory_order_relaxed);
    do last->*kNext = first;
    while (!first_.compare_exchange_weak(
        first, begin, std::memory_order_release, std::memory_order_relaxed));
  }
  Node* take_all() noexcept {
    if (first_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return first_.exchange(nullptr, std::memory_order_acquire);
  }

 private:
  std::atomic<Node*> first_{nullptr};
};

// What turns a time of the steady clock into one of the wall clock, until `ends` by the former.
struct WallOffset {
  std::int64_t nanoseconds = 0;
  std::int64_t ends = std::numeric_limits<std::int64_t>::min();
};

class Arena {
 public:
  Arena(Core& core, Budget& budget) noexcept;
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  Core& core() const noexcept { return core_; }

  // By the owner.

  // Gives an id that is not 0.
  std::uint64_t next_id() noexcept;
  // Give one that is unused; null without memory.
  Draft* take_draft() noexcept;
  TraceState* take_state() noexcept;

  // Take back what may be of another arena.
  void put_back(Draft& draft) noexcept;
  void put_back(TraceState& state) noexcept;
  // By any thread.
  void give_back(Draft& draft) noexcept { given_drafts_.push(&draft); }
  void give_back(TraceState& state) noexcept { given_states_.push(&state); }
  void give_back(TraceState& first, TraceState& last) noexcept {
    given_states_.push(&first, &last);
  }

  // Gives room for a record of so many bytes, in a block that is current from then on; null where
  // `why_not` says.
  Record* begin_record(std::size_t most_bytes, SpanDrop& why_not) noexcept;
  // Hands it to the flusher; it ends at `end`.
  void publish(Record& record, const char* end) noexcept;
  // Counts a span that has ended without a record.
  void lose(SpanDrop reason) noexcept { bump(lost_[static_cast<std::size_t>(reason)]); }
  // The same, of a trace that the flusher has or is told of, who may give it back at once. Of a
  // refused one he never hears: it goes back with its last span, so that nothing piles up while
  // there is no room.
  void lose(SpanDrop reason, TraceState& trace) noexcept {
    lose(reason);
    if (trace.refused) return leave(trace);
    if (!trace.told.exchange(true, std::memory_order_relaxed)) told_.push(&trace);
    trace.lost.fetch_add(1, std::memory_order_release);
  }
  void count_start() noexcept { bump(started_); }
  void note(SpanRepair repair, std::uint64_t times) noexcept {
    bump(repaired_[static_cast<std::size_t>(repair)], times);
  }
  void count_event() noexcept { bump(events_); }
  void count_evaluation() noexcept { bump(evaluations_); }
  void lose_evaluation() noexcept { bump(lost_evaluations_); }

  // By any.
  std::uint64_t started() const noexcept { return started_.load(std::memory_order_acquire); }
  std::uint64_t published() const noexcept { return published_.load(std::memory_order_acquire); }
  std::uint64_t events() const noexcept { return events_.load(std::memory_order_relaxed); }
  std::uint64_t evaluations() const noexcept {
    return evaluations_.load(std::memory_order_relaxed);
  }
  std::uint64_t lost_evaluations() const noexcept {
    return lost_evaluations_.load(std::memory_order_relaxed);
  }
  std::uint64_t lost(SpanDrop reason) const noexcept {
    return lost_[static_cast<std::size_t>(reason)].load(std::memory_order_acquire);
  }
  std::uint64_t repaired(SpanRepair repair) const noexcept {
    return repaired_[static_cast<std::size_t>(repair)].load(std::memory_order_relaxed);
  }

  // By the flusher: calls take(record) for each that was published and not taken yet, until that
  // says false. They lie where they are until give_blocks_back().
  template <class Take>
  bool each_record(const Take& take) {
    if (oldest_ == nullptr) oldest_ = first_.load(std::memory_order_acquire);
    if (oldest_ == nullptr) return true;
    for (;;) {
      const std::uint32_t used = oldest_->used.load(std::memory_order_acquire);
      while (oldest_->taken != used) {
        auto& record = *reinterpret_cast<Record*>(oldest_->bytes() + oldest_->taken);
        oldest_->taken += record.bytes;
        if (!take(record)) return false;
      }
      Block* const later = oldest_->next.load(std::memory_order_acquire);
      if (later == nullptr) return true;
      // Published before the next block was: all of it has been seen only now.
      if (oldest_->taken != oldest_->used.load(std::memory_order_acquire)) continue;
      oldest_->next_free = emptied_;
      emptied_ = std::exchange(oldest_, later);
    }
  }
  void give_blocks_back() noexcept;
  TraceState* take_told() noexcept { return told_.take_all(); }

  WallOffset wall_offset;      // the owner's
  Arena* next = nullptr;       // of the tracer's
  Arena* next_free = nullptr;  // without a thread

 private:
  using Tally = std::atomic<std::uint64_t>;
  static void bump(Tally& tally, std::uint64_t by = 1) noexcept {
    tally.store(tally.load(std::memory_order_relaxed) + by, std::memory_order_release);
  }
  void leave(TraceState& refused) noexcept {
    if (refused.started.fetch_sub(1, std::memory_order_acq_rel) == 1) put_back(refused);
  }
  Block* next_block(std::size_t bytes, SpanDrop& why_not) noexcept;
  Block* large_block(std::size_t bytes, SpanDrop& why_not) noexcept;
  void make_current(Block& block) noexcept;
  bool ensure_spare() noexcept;
  Block* take_spare() noexcept;
  bool budget_for(Block& block) noexcept;

  // As many blocks wait for their next use; a burst's are freed.
  static constexpr int kSpareBlocks = 16;

  Core& core_;
  Budget& budget_;
  std::uint64_t random_;

  Draft* drafts_ = nullptr;
  TraceState* states_ = nullptr;
  TraceState* made_states_ = nullptr;  // all of them, wherever they are
  Block* spare_ = nullptr;
  Block* current_ = nullptr;
  std::uint32_t used_ = 0;  // of the current block

  Tally started_{0}, published_{0}, events_{0}, evaluations_{0}, lost_evaluations_{0};
  std::array<Tally, kSpanDrops> lost_{};
  std::array<Tally, kSpanRepairs> repaired_{};

  // From other threads.
  GiveBackList<Draft, &Draft::next_free> given_drafts_;
  GiveBackList<TraceState, &TraceState::next_free> given_states_;
  GiveBackList<Block, &Block::next_free> given_blocks_;
  GiveBackList<TraceState, &TraceState::next_told> told_;
  std::atomic<int> spare_count_{0};
  std::atomic<Block*> first_{nullptr};  // by the owner, once

  // The flusher's.
  Block* oldest_ = nullptr;
  Block* emptied_ = nullptr;
};

// Seeds from the system; never the same twice, in no process.
std::uint64_t random_seed() noexcept;

}  // namespace pawl::trace
