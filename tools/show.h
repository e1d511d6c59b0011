#pragma once
// Decoded things as text: a line to read, and an object of JSON.
//
// Threads: pure functions.

#include <string>

#include "tools/agent_sketch.h"
#include "tools/decode.h"
#include "tools/store.h"

namespace pawl::tools {

// "distribution http.latency_ms 12.5 13 {route:/v1} rate=0.5"; never a control character.
std::string to_line(const Item& item);

// An object on one line. Every key is always there; what the line did not say is null.
std::string to_json(const Item& item);

// "distribution http.latency_ms {route:/v1}: 3 samples, sum 39, min 12, avg 13, p50 13, ... p99 14,
// max 14": what Datadog makes of the Agent's sketch, percentiles to within 1.6 %.
std::string to_line(const Context& context, const AgentSketch& sketch);

// The same as an object of kind "sketch". What is not finite is null.
std::string to_json(const Context& context, const AgentSketch& sketch);

}  // namespace pawl::tools
