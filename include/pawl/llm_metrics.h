#pragma once

// The metrics of a request to a language model: their names, types, units, tags and meaning, in one
// table. The Recorder (llm.h) records by it, and whatever shows or queries these metrics (the docs,
// the command, dashboards, tests) reads it, so that no name is written twice.
//
// Threads: constants. Cost: none. Errors: none.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pawl/metric.h"

namespace pawl::llm {

// In the order of the table.
enum class Metric : std::uint8_t {
  requests,
  errors,
  latency_ms,
  first_token_latency_ms,
  time_per_output_token_ms,
  queue_ms,
  input_tokens,
  output_tokens,
  cached_input_tokens,
  reasoning_tokens,
  estimated_cost_usd,
  cost_unknown,
  json_invalid,
  retries,
  tool_failures,
  retrieval_hit_count,
  retrieval_top_score,
  eval_correctness,
  eval_safety,
  eval_other,
  user_rating,
};
inline constexpr std::size_t kMetrics = 21;

// When a metric of a request is recorded: as it ends; or at the call that tells it, and then
// without what may not be known before the end: status, finish_reason, streaming and cache_hit.
enum class Moment : std::uint8_t { end, call };

struct MetricInfo {
  Metric metric;
  std::string_view name;  // of eval_other: a pattern, "llm.eval.<name>"
  MetricType type;  // count or distribution; the latter are histograms where that is asked for
  std::string_view unit;
  std::string_view description;
  std::string_view when;  // which requests have it
  Moment moment;
  std::span<const std::string_view> own_tags;  // beside those that all have
};

// What the names of evals begin with.
inline constexpr std::string_view kEvalPrefix = "llm.eval.";

// The keys that every metric may have. A tag without a value is left out.
inline constexpr std::array<std::string_view, 15> kCommonTags = {"env",
                                                                 "service",
                                                                 "version",
                                                                 "provider",
                                                                 "model",
                                                                 "feature",
                                                                 "prompt_name",
                                                                 "prompt_version",
                                                                 "prompt_variant",
                                                                 "tenant_tier",
                                                                 "region",
                                                                 "streaming",
                                                                 "cache_hit",
                                                                 "status",
                                                                 "finish_reason"};
inline constexpr std::array<std::string_view, 1> kErrorTags = {"error_type"};
inline constexpr std::array<std::string_view, 2> kToolTags = {"tool", "error_type"};
inline constexpr std::array<std::string_view, 1> kEvalTags = {"eval"};

inline constexpr std::array<MetricInfo, kMetrics> kMetricTable = {{
    {Metric::requests,
     "llm.requests",
     MetricType::count,
     "request",
     "Requests that ended, by status",
     "every request",
     Moment::end,
     {}},
    {Metric::errors,
     "llm.errors",
     MetricType::count,
     "error",
     "Provider, validation, timeout and policy errors",
     "error() was told",
     Moment::end,
     kErrorTags},
    {Metric::latency_ms,
     "llm.latency_ms",
     MetricType::distribution,
     "millisecond",
     "Time waiting on the provider or the model",
     "every request",
     Moment::end,
     {}},
    {Metric::first_token_latency_ms,
     "llm.first_token_latency_ms",
     MetricType::distribution,
     "millisecond",
     "Time from the start to the first token",
     "streaming requests",
     Moment::end,
     {}},
    {Metric::time_per_output_token_ms,
     "llm.time_per_output_token_ms",
     MetricType::distribution,
     "millisecond",
     "(latency - first token) / (output tokens - 1)",
     "streaming requests with more than one output token",
     Moment::end,
     {}},
    {Metric::queue_ms,
     "llm.queue_ms",
     MetricType::distribution,
     "millisecond",
     "Time before prefill",
     "serving loops that tell it",
     Moment::end,
     {}},
    {Metric::input_tokens,
     "llm.input_tokens",
     MetricType::distribution,
     "token",
     "Input tokens, cached ones included",
     "usage is known",
     Moment::end,
     {}},
    {Metric::output_tokens,
     "llm.output_tokens",
     MetricType::distribution,
     "token",
     "Output tokens, reasoning included",
     "usage is known, or tokens were counted",
     Moment::end,
     {}},
    {Metric::cached_input_tokens,
     "llm.cached_input_tokens",
     MetricType::distribution,
     "token",
     "Input tokens that the provider had cached",
     "the provider reports some",
     Moment::end,
     {}},
    {Metric::reasoning_tokens,
     "llm.reasoning_tokens",
     MetricType::distribution,
     "token",
     "Output tokens that are not shown",
     "the provider reports some",
     Moment::end,
     {}},
    {Metric::estimated_cost_usd,
     "llm.estimated_cost_usd",
     MetricType::distribution,
     "US dollar",
     "Cost by list price",
     "usage is known, the model has a price, and the cost is not 0",
     Moment::end,
     {}},
    {Metric::cost_unknown,
     "llm.cost_unknown",
     MetricType::count,
     "request",
     "Requests whose model has no price",
     "usage is known, and the model has no price",
     Moment::end,
     {}},
    {Metric::json_invalid,
     "llm.json_invalid",
     MetricType::count,
     "response",
     "Structured output that failed to parse or validate",
     "json_invalid() was told",
     Moment::end,
     {}},
    {Metric::retries,
     "llm.retries",
     MetricType::count,
     "retry",
     "Retries before success or failure",
     "there were some",
     Moment::end,
     {}},
    {Metric::tool_failures,
     "llm.tool_failures",
     MetricType::count,
     "call",
     "Tool calls that failed",
     "each such call",
     Moment::call,
     kToolTags},
    {Metric::retrieval_hit_count,
     "llm.retrieval.hit_count",
     MetricType::distribution,
     "chunk",
     "Chunks that a retrieval found",
     "each retrieval",
     Moment::call,
     {}},
    {Metric::retrieval_top_score,
     "llm.retrieval.top_score",
     MetricType::distribution,
     "score",
     "Score of the best chunk",
     "each retrieval that has one",
     Moment::call,
     {}},
    {Metric::eval_correctness,
     "llm.eval.correctness",
     MetricType::distribution,
     "score",
     "Online eval of correctness",
     "each eval",
     Moment::call,
     kEvalTags},
    {Metric::eval_safety,
     "llm.eval.safety",
     MetricType::distribution,
     "score",
     "Online eval of safety",
     "each eval",
     Moment::call,
     kEvalTags},
    {Metric::eval_other,
     "llm.eval.<name>",
     MetricType::distribution,
     "score",
     "Any other online eval, by its name",
     "each eval",
     Moment::call,
     kEvalTags},
    {Metric::user_rating,
     "llm.user_rating",
     MetricType::distribution,
     "rating",
     "Rating by the user",
     "feedback came",
     Moment::end,
     {}},
}};

constexpr std::span<const MetricInfo> metrics() noexcept { return kMetricTable; }
constexpr const MetricInfo& info(Metric metric) noexcept {
  return kMetricTable[static_cast<std::size_t>(metric)];
}

}  // namespace pawl::llm
