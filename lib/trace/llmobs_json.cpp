#include "trace/llmobs_json.h"

#include <algorithm>
#include <utility>

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

// The intake behind the proxy takes a list of `key:value`, and the application as one of them.
void make_tags_a_list(json& event) {
  event.erase("ml_app");
  const auto tags = event.find("tags");
  if (tags == event.end()) return;
  json list = json::array();
  for (const auto& [key, value] : tags->items())
    if (value.is_string()) list.push_back(key + ':' + value.get<std::string>());
  *tags = std::move(list);
}

std::string envelope_of(json& event) {
  make_tags_a_list(event);
  constexpr std::string_view kHead = R"({"_dd.stage":"raw","_dd.tracer_version":")" PAWL_VERSION
                                     R"(","event_type":"span","spans":[)";
  return std::string{kHead}.append(text_of(event)).append("]}");
}

std::string label_of(std::string_view text) {
  std::string label{text};
  std::replace(label.begin(), label.end(), '.', '_');
  return label;
}

std::string json_text(std::string_view text) { return text_of(json(text)); }

std::string verdict_of(const Evaluation& evaluation) {
  if (!evaluation.score)
    return fmt::format(R"("metric_type":"boolean","boolean_value":{})",
                       evaluation.pass.value_or(false));
  std::string text = fmt::format(R"("metric_type":"score","score_value":{})", *evaluation.score);
  if (evaluation.pass)
    text += fmt::format(R"(,"assessment":"{}")", *evaluation.pass ? "pass" : "fail");
  return text;
}

}  // namespace

std::vector<std::string> envelopes_of(std::string_view msgpack) {
  json events = json::from_msgpack(msgpack, true, false);
  std::vector<std::string> envelopes;
  if (!events.is_array()) return envelopes;
  const bool maps = std::all_of(
      events.begin(), events.end(), [](const json& event) { return event.is_object(); });
  if (!maps) return envelopes;
  for (json& event : events) envelopes.push_back(envelope_of(event));
  return envelopes;
}

// As text: an object of this JSON library is in pieces when it finds no memory, and crashes as it
// goes. The span is named as in the event: it is joined by text.
std::string encode_evaluation(const Evaluation& evaluation, std::string_view ml_app) {
  std::string text =
      fmt::format(R"({{"join_on":{{"span":{{"span_id":"{}","trace_id":"{:016x}{:016x}"}}}},)"
                  R"("label":{},"ml_app":{},"timestamp_ms":{},{})",
                  evaluation.span,
                  evaluation.trace_high,
                  evaluation.trace_low,
                  json_text(label_of(evaluation.label.view())),
                  json_text(ml_app),
                  evaluation.timestamp_ms,
                  verdict_of(evaluation));
  if (evaluation.type.size != 0)
    text += fmt::format(R"(,"tags":[{}])",
                        json_text(std::string{"type:"}.append(evaluation.type.view())));
  return text += '}';
}

}  // namespace pawl::trace
