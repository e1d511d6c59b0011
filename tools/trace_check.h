#pragma once
// What an Agent does to a chunk before it keeps it (pkg/trace/agent/normalizer.go and
// pkg/trace/traceutil of the Datadog Agent): some chunks are refused whole, some fields repaired.
// Stricter where a sender's mistake would stay unseen: a span id that comes twice is refused here.
//
// Threads: pure functions.

#include <functional>
#include <optional>
#include <string>

#include "tools/trace_span.h"

namespace pawl::tools {

// Gives the reason why a chunk is refused, or nothing.
std::optional<std::string> refusal_of(const TraceChunk& chunk);

// Hears of each field that was repaired.
using OnRepair = std::function<void(const TraceSpan& span, const std::string& what)>;

// Repairs the fields of a chunk.
void normalize(TraceChunk& chunk, const OnRepair& on_repair);

}  // namespace pawl::tools
