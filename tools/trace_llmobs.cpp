#include "tools/trace_llmobs.h"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/arguments.h"
#include "tools/trace_show.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Json = nlohmann::ordered_json;

constexpr int kMaxDepth = 64;

// nlohmann_json reads without recursion, but writes with it.
Result<Json> parse(string_view body) {
  bool too_deep = false;
  const auto look = [&too_deep](int depth, Json::parse_event_t, const Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  Json parsed = Json::parse(body, look, false);
  if (too_deep) return Error{"it is nested too deep"};
  if (parsed.is_discarded()) return Error{"it is not JSON"};
  return parsed;
}

const Json& at(const Json& object, string_view key) {
  static const Json kNone;
  if (!object.is_object()) return kNone;
  const auto found = object.find(std::string{key});
  return found == object.end() ? kNone : *found;
}

std::string text_at(const Json& object, string_view key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string{};
}

bool consists_of(const std::string& text, string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

bool is_decimal(const std::string& text) { return consists_of(text, "0123456789"); }

bool is_trace_id(const std::string& text) {
  return text.size() == 32 && consists_of(text, "0123456789abcdef");
}

bool all_of(const Json& list, bool (Json::*is)() const noexcept) {
  return std::all_of(list.begin(), list.end(), [is](const Json& each) { return (each.*is)(); });
}

std::string kind_of(const Json& event) { return text_at(at(at(event, "meta"), "span"), "kind"); }

// Gives the first thing that is wrong; the names are those of the wire.
string_view wrong_with_span(const Json& event) {
  const std::string parent = text_at(event, "parent_id");
  const std::string status = text_at(event, "status");
  const Json& metrics = at(event, "metrics");
  const Json& tags = at(event, "tags");
  if (!is_trace_id(text_at(event, "trace_id"))) return "trace_id is not 32 hexadecimal digits";
  if (!is_decimal(text_at(event, "span_id"))) return "span_id is not a decimal text";
  if (!is_decimal(parent) && parent != "undefined") {
    return "parent_id is neither a decimal text nor \"undefined\"";
  }
  if (text_at(event, "name").empty()) return "name is missing";
  if (!at(event, "start_ns").is_number_integer()) return "start_ns is not a whole number";
  if (!at(event, "duration").is_number()) return "duration is not a number";
  if (status != "ok" && status != "error") return "status is neither \"ok\" nor \"error\"";
  if (kind_of(event).empty()) return "meta has no span.kind";
  if (!metrics.is_object() || !all_of(metrics, &Json::is_number)) {
    return "metrics is not an object of numbers";
  }
  if (!tags.is_array() || !all_of(tags, &Json::is_string)) return "tags is not a list of texts";
  return {};
}

std::string line_of_span(const Json& event) {
  const Json& meta = at(event, "meta");
  const Json& duration = at(event, "duration");
  std::string line =
      fmt::format("llmobs span {} {} {}",
                  printable(text_at(event, "name")),
                  printable(kind_of(event)),
                  duration_in_words(static_cast<std::int64_t>(duration.get<double>())));
  if (text_at(event, "status") == "error") line += " ERROR";
  for (const string_view key : {"model_provider", "model_name"}) {
    const std::string text = text_at(meta, key);
    if (!text.empty()) line += fmt::format(" {}={}", key, printable(text));
  }
  for (const auto& [key, value] : at(event, "metrics").items()) {
    line += fmt::format(" {}={}", printable(key), value.dump());
  }
  return line;
}

// Which types there are, and whether a value is of it.
bool is_value(const std::string& type, const Json& value) {
  if (type == "score") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "categorical") return value.is_string();
  return type == "json" && value.is_object();
}

string_view wrong_with_evaluation(const Json& metric) {
  const std::string label = text_at(metric, "label");
  const std::string type = text_at(metric, "metric_type");
  const Json& span = at(at(metric, "join_on"), "span");
  const Json& tag = at(at(metric, "join_on"), "tag");
  if (label.empty()) return "label is missing";
  if (label.find('.') != std::string::npos) return "label holds a dot";
  if (!is_value(type, at(metric, type + "_value"))) return "there is no value of its metric_type";
  if (text_at(metric, "ml_app").empty()) return "ml_app is missing";
  if (!at(metric, "timestamp_ms").is_number_integer()) return "timestamp_ms is not a whole number";
  const bool joined = !text_at(span, "span_id").empty() && !text_at(span, "trace_id").empty();
  if (!joined && !tag.is_object()) return "join_on names neither a span nor a tag";
  return {};
}

std::string line_of_evaluation(const Json& metric) {
  const std::string type = text_at(metric, "metric_type");
  const Json& span = at(at(metric, "join_on"), "span");
  std::string line = fmt::format("evaluation {} {} {}",
                                 printable(text_at(metric, "label")),
                                 type,
                                 printable(at(metric, type + "_value").dump()));
  if (span.is_object()) line += " span=" + printable(text_at(span, "span_id"));
  return line;
}

using Wrong = string_view (*)(const Json&);
using Line = std::string (*)(const Json&);

LlmobsItem item_of(const Json& object, string_view kind, Wrong wrong, Line line) {
  LlmobsItem item;
  item.refusal = wrong(object);
  if (item.refusal.empty()) item.line = line(object);
  Json out;
  out["kind"] = kind;
  out["event"] = object;
  item.json = out.dump(-1, ' ', false, Json::error_handler_t::replace);
  return item;
}

}  // namespace

// [{"_dd.stage":"raw","event_type":"span","spans":[event]}], or one of these without the list.
Result<std::vector<LlmobsItem>> read_llmobs_spans(string_view body) {
  const Result<Json> parsed = parse(body);
  if (!parsed) return parsed.error();
  const Json payloads = parsed->is_array() ? *parsed : Json::array({*parsed});
  std::vector<LlmobsItem> items;
  for (const Json& payload : payloads) {
    const Json& spans = at(payload, "spans");
    if (text_at(payload, "event_type") != "span") return Error{"event_type is not \"span\""};
    if (text_at(payload, "_dd.stage") != "raw") return Error{"_dd.stage is not \"raw\""};
    if (!spans.is_array()) return Error{"spans is not a list"};
    for (const Json& event : spans) {
      items.push_back(item_of(event, "llmobs_span", wrong_with_span, line_of_span));
    }
  }
  return items;
}

// {"data":{"type":"evaluation_metric","attributes":{"metrics":[metric]}}}
Result<std::vector<LlmobsItem>> read_evaluations(string_view body) {
  const Result<Json> parsed = parse(body);
  if (!parsed) return parsed.error();
  const Json& data = at(*parsed, "data");
  const Json& metrics = at(at(data, "attributes"), "metrics");
  if (text_at(data, "type") != "evaluation_metric") {
    return Error{"data.type is not \"evaluation_metric\""};
  }
  if (!metrics.is_array()) return Error{"data.attributes.metrics is not a list"};
  std::vector<LlmobsItem> items;
  for (const Json& metric : metrics) {
    items.push_back(item_of(metric, "evaluation", wrong_with_evaluation, line_of_evaluation));
  }
  return items;
}

}  // namespace pawl::tools
