#pragma once

// LLM Observability's intakes take JSON: events of spans, which the tracer keeps as msgpack, and
// evaluations.
//
// Threads: stateless. Cost: allocates; on the background thread. Errors: none but std::bad_alloc.
// Sources: data of Datadog's Python library on /api/v2/llmobs and
// /api/intake/llm-obs/v2/eval-metric.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "trace/evaluation.h"

namespace pawl::trace {

inline constexpr std::size_t kMostEventBytes = 5'000'000;
inline constexpr std::size_t kMostLlmobsBytes = std::size_t{5} << 20;  // of a request

// Gives each event of a msgpack array in the envelope that the intake takes; none where it is not
// an array of maps.
std::vector<std::string> envelopes_of(std::string_view msgpack);

// Gives the JSON object of an evaluation, for Outlet::send_evaluations(). The intake takes no dot
// in a label: it becomes `_`. The score is the verdict, where there is one, and `pass` its
// assessment. REQUIRES: it is a verdict.
std::string encode_evaluation(const Evaluation& evaluation, std::string_view ml_app);

// What stands around the objects of a request, and between them.
inline constexpr std::string_view kEventsHead = "[";
inline constexpr std::string_view kEventsTail = "]";
inline constexpr std::string_view kEvaluationsHead =
    R"({"data":{"type":"evaluation_metric","attributes":{"metrics":[)";
inline constexpr std::string_view kEvaluationsTail = "]}}}";

}  // namespace pawl::trace
