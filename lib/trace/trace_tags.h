#pragma once

// What the first span of a chunk says of its whole trace:
//
//     metrics  _sampling_priority_v1; _dd.agent_psr or _dd.rule_psr, the rate that decided
//     meta     _dd.p.dm, who decided to keep it; _dd.p.tid, the high half of the id; other _dd.p.*
//
// The first span of a trace says it when it ends; the decision may change until it is sent.
//
// Threads: functions without state.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trace/decision.h"
#include "trace/trace_state.h"

namespace pawl::trace {

// Tells whether a key is one of these: a span's own value would be a second entry.
bool is_of_trace(std::string_view key) noexcept;

// Gives who decided to keep the trace; "" where a remote parent did, and did not say who.
std::string_view decision_maker(const TraceState& trace, Mechanism mechanism) noexcept;

// Gives a bound for the bytes of both.
std::size_t most_trace_tag_bytes(const TraceState& trace) noexcept;

// Write entries of a map; give their end, and how many they are.
struct TagsWritten {
  char* end;
  std::uint32_t count = 0;
};
TagsWritten put_trace_metrics(char* to, const TraceState& trace, Decision decision) noexcept;
TagsWritten put_trace_meta(char* to, const TraceState& trace, Decision decision) noexcept;

}  // namespace pawl::trace
