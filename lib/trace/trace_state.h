#pragma once

// A trace, as far as this process has it: what its spans share, and what the flusher keeps of it.
// It belongs to the arena of the thread that began it, and goes back there when the flusher has
// seen all its spans.
//
// Threads: what spans share is constant or atomic; the rest is the flusher's.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "trace/bytes.h"
#include "trace/decision.h"

namespace pawl::trace {

class Arena;
class Core;
struct Record;

// What a remote parent said and is sent on; few traces have it.
struct Inherited {
  std::string decision_maker;
  std::string origin;
  std::string trace_tags;
  std::string tracestate;
  std::string datadog_state;
};

struct TraceState {
  explicit TraceState(Arena& owner) noexcept : home(&owner) {}

  Arena* const home;
  TraceState* next_made = nullptr;  // of its home, to the last
  TraceState* next_free = nullptr;

  // Constant once the first span is made.
  Core* core = nullptr;
  std::uint32_t generation = 0;  // of the process: a child of fork() has another
  bool refused = false;          // there was no room when it began
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::int64_t wall_offset = 0;  // from the steady to the wall clock, in nanoseconds
  double rate = 1;               // by which it was decided
  std::unique_ptr<Inherited> inherited;

  // Spans, of a refused trace those that are open; only an open one can start another.
  std::atomic<std::uint32_t> started{0};
  AtomicDecision decision;

  // Spans that ended without a record, and the list by which the flusher hears of the first: its
  // thread tells before it counts, so that a trace is not over while it is in the list.
  std::atomic<std::uint32_t> lost{0};
  std::atomic<bool> told{false};
  TraceState* next_told = nullptr;

  // The flusher's: records that still lie in arenas, and those it took from there.
  Record* first = nullptr;
  Record* last = nullptr;
  std::uint32_t received = 0;
  std::uint32_t waiting = 0;  // of them not sent: in the list or kept
  Bytes kept;
  bool is_listed = false;
  bool heard = false;  // of a loss
  TraceState* next_listed = nullptr;
  std::chrono::steady_clock::time_point since{};  // when the first that waits came

  // Tells whether no span is open. What ended is read before what began: a span that is lost may
  // have started others.
  bool is_complete() const noexcept {
    const std::uint32_t ended = received + lost.load(std::memory_order_acquire);
    return ended == started.load(std::memory_order_acquire);
  }
};

}  // namespace pawl::trace
