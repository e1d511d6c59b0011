#pragma once

// LLM Observability's intakes take JSON: events of spans, which the tracer keeps as msgpack, and
// evaluations.
//
// Threads: stateless. Cost: allocates; on the background thread. Errors: none but std::bad_alloc.
// Sources: data of Datadog's Python library on /api/v2/llmobs and
// /api/intake/llm-obs/v2/eval-metric.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::trace {

inline constexpr std::size_t kMostEventBytes = 5'000'000;
inline constexpr std::size_t kMostLlmobsBytes = std::size_t{5} << 20;  // of a request

// Gives each event of a msgpack array in the envelope that the intake takes; none where it is not
// an array of maps.
std::vector<std::string> envelopes_of(std::string_view msgpack);

// A verdict on a span, by a check of the program. One of score, pass and category counts, the first
// that is said.
struct Evaluation {
  std::string_view label = {};  // the check; the intake takes no dot in it: it becomes `_`
  std::optional<double> score = {};
  std::optional<bool> pass = {};
  std::string_view category = {};
  // The span that it is about, and the program, as its LLM Observability event names them.
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  std::string_view ml_app = {};
  std::int64_t timestamp_ms = 0;
  std::vector<std::string> tags = {};  // key:value
};

// Gives the JSON object of an evaluation, for Outlet::send_evaluations(); "" for one without label,
// span or verdict.
std::string encode_evaluation(const Evaluation& evaluation);

// What stands around the objects of a request, and between them.
inline constexpr std::string_view kEventsHead = "[";
inline constexpr std::string_view kEventsTail = "]";
inline constexpr std::string_view kEvaluationsHead =
    R"({"data":{"type":"evaluation_metric","attributes":{"metrics":[)";
inline constexpr std::string_view kEvaluationsTail = "]}}}";

}  // namespace pawl::trace
