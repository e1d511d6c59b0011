#include "trace/llmobs_json.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <pawl/version.h>

namespace pawl::trace {
namespace {

using nlohmann::json;

// Bytes that are no UTF-8 would otherwise throw.
std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string envelope_of(const json& event) {
  constexpr std::string_view kHead = R"({"_dd.stage":"raw","_dd.tracer_version":")" PAWL_VERSION
                                     R"(","event_type":"span","spans":[)";
  return std::string{kHead}.append(text_of(event)).append("]}");
}

std::string label_of(std::string_view text) {
  std::string label{text};
  std::replace(label.begin(), label.end(), '.', '_');
  return label;
}

void add_verdict(json& metric, const Evaluation& evaluation) {
  if (evaluation.score) {
    metric["metric_type"] = "score";
    metric["score_value"] = *evaluation.score;
    if (evaluation.pass) metric["assessment"] = *evaluation.pass ? "pass" : "fail";
  } else {
    metric["metric_type"] = "boolean";
    metric["boolean_value"] = evaluation.pass.value_or(false);
  }
}

}  // namespace

std::vector<std::string> envelopes_of(std::string_view msgpack) {
  const json events = json::from_msgpack(msgpack, true, false);
  std::vector<std::string> envelopes;
  if (!events.is_array()) return envelopes;
  const bool maps = std::all_of(
      events.begin(), events.end(), [](const json& event) { return event.is_object(); });
  if (!maps) return envelopes;
  for (const json& event : events) envelopes.push_back(envelope_of(event));
  return envelopes;
}

std::string encode_evaluation(const Evaluation& evaluation, std::string_view ml_app) {
  json metric;
  add_verdict(metric, evaluation);
  // As in the event: it is joined by text.
  metric["join_on"]["span"] = {
      {"span_id", std::to_string(evaluation.span)},
      {"trace_id", fmt::format("{:016x}{:016x}", evaluation.trace_high, evaluation.trace_low)}};
  metric["label"] = label_of(evaluation.label.view());
  metric["ml_app"] = ml_app;
  metric["timestamp_ms"] = evaluation.timestamp_ms;
  if (evaluation.type.size != 0)
    metric["tags"] = {std::string{"type:"}.append(evaluation.type.view())};
  return text_of(metric);
}

}  // namespace pawl::trace
