#pragma once

// The ledger of spans: where each one is. At any moment
//
//     started  = open + finished
//     finished = accepted + dropped[reason] + pending
//
// holds exactly, and after close() nothing is pending. All numbers are totals since the tracer was
// made (in a forked child: since the fork).
//
// "Accepted" is what the Agent answered with success. What a sampling decision says is the Agent's
// to act on: it is sent, and accepted, all the same.
//
// Threads: values. Cost: see Tracer::stats(). Errors: none.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pawl/detail/export.h"

namespace pawl::trace {

// Why a span that ended did not reach the Agent.
enum class SpanDrop : std::uint8_t {
  buffer_full,   // TracerOptions::max_buffer_bytes were waiting when its trace began, or it ended
  no_memory,     // an allocation failed
  closed,        // ended, or was started, after close()
  shutdown,      // still waiting at the deadline of close()
  refused,       // the Agent answered with an error that no repetition mends (4xx)
  too_large,     // the Agent takes no request of that size, and a chunk cannot be split
  throttled,     // the Agent was asked to take less (429), and stayed so
  server_error,  // the Agent failed (5xx), and stayed so
  unreachable,   // no connection could be made, or it broke
  timed_out,     // no answer within the request's deadline
  no_http,       // this build of the library has no HTTP
};
inline constexpr std::size_t kSpanDrops = 11;
PAWL_API std::string_view to_string(SpanDrop reason) noexcept;

// What was changed or left out in order to record a span; the span itself is recorded.
enum class SpanRepair : std::uint8_t {
  text_cut,        // longer than the Agent takes
  text_bytes,      // invalid UTF-8 became U+FFFD
  metric_refused,  // NaN or infinity
  tag_refused,     // an empty key or the tracer's own (`_dd.p.`...), 256 KiB in one span, no memory
  link_refused,    // more than 32, or to no span
  header_refused,  // a propagation header that is malformed, or too long, was ignored
};
inline constexpr std::size_t kSpanRepairs = 6;
PAWL_API std::string_view to_string(SpanRepair repair) noexcept;

// Spans that ended but were not accepted, by reason; what Tracer::close() returns.
struct SpanLosses {
  std::array<std::uint64_t, kSpanDrops> by_reason{};

  std::uint64_t operator[](SpanDrop reason) const noexcept {
    return by_reason[static_cast<std::size_t>(reason)];
  }
  std::uint64_t total() const noexcept {
    std::uint64_t sum = 0;
    for (const std::uint64_t spans : by_reason) sum += spans;
    return sum;
  }
  explicit operator bool() const noexcept { return total() != 0; }
};

struct TraceStats {
  // The ledger, in spans.
  std::uint64_t started = 0;
  std::uint64_t open = 0;
  std::uint64_t finished = 0;
  std::uint64_t accepted = 0;
  SpanLosses dropped;
  std::uint64_t pending = 0;

  std::array<std::uint64_t, kSpanRepairs> repaired{};

  std::uint64_t chunks_accepted = 0;
  std::uint64_t partial_chunks = 0;  // of traces that had open spans when they were sent
  std::uint64_t llmobs_events = 0;   // made, by whichever road they go
  std::uint64_t llmobs_lost = 0;     // of them, when they went by a road of their own
  // Verdicts of eval.score spans for LLM Observability: evaluations = evaluations_accepted +
  // evaluations_lost + those that wait. Lost are those of spans that were dropped as they ended,
  // and what the Agent did not take; after close() none waits.
  std::uint64_t evaluations = 0;
  std::uint64_t evaluations_accepted = 0;
  std::uint64_t evaluations_lost = 0;
  std::uint64_t buffered_bytes = 0;  // of memory that waiting spans take
  std::uint64_t threads = 0;  // that have traced and live, or whose memory waits for the next

  std::uint64_t operator[](SpanRepair repair) const noexcept {
    return repaired[static_cast<std::size_t>(repair)];
  }
  // Tells whether the equations above hold; they always do.
  bool balanced() const noexcept {
    return started == open + finished && finished == accepted + dropped.total() + pending;
  }
};

}  // namespace pawl::trace
