#include "tools/trace_show.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/arguments.h"
#include "tools/msgpack_reader.h"
#include "tools/trace_tree.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Json = nlohmann::ordered_json;
using Place = TraceNode::Place;

constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();
// Deeper than that a line says how deep it is instead.
constexpr std::size_t kMaxIndent = 40;

// What is known of requests to language models, in the order in which it is shown; without the
// folder's name, for the span's name says it.
constexpr std::array<string_view, 36> kLlmFields{
    "llm.provider",       "llm.model",
    "llm.feature",        "llm.prompt_name",
    "llm.prompt_version", "llm.tenant_id",
    "llm.request_id",     "llm.streaming",
    "llm.cache_hit",      "llm.status",
    "llm.error_type",     "llm.finish_reason",
    "llm.input_tokens",   "llm.output_tokens",
    "llm.total_tokens",   "llm.estimated_cost_usd",
    "llm.latency_ms",     "llm.first_token_latency_ms",
    "llm.retry_count",    "rag.index",
    "rag.strategy",       "rag.query_length",
    "rag.hit_count",      "rag.top_score",
    "rag.latency_ms",     "prompt.input_tokens_estimate",
    "tool.name",          "tool.status",
    "tool.latency_ms",    "tool.retry_count",
    "json_valid",         "schema_name",
    "eval.name",          "eval.type",
    "eval.pass",          "eval.score",
};

bool starts_with(string_view text, string_view start) {
  return text.substr(0, start.size()) == start;
}

bool is_llm_field(string_view key) {
  return std::find(kLlmFields.begin(), kLlmFields.end(), key) != kLlmFields.end();
}

// What tracers and the Agent tell each other, and what the line says elsewhere.
bool is_internal(string_view key) {
  return starts_with(key, "_") || starts_with(key, "error.") || key == "language" ||
         key == "runtime-id" || key == "process_id";
}

string_view without_folder(string_view key) { return key.substr(key.rfind('.') + 1); }

string_view tag_of(const TraceSpan& span, const std::string& key) {
  const auto found = span.meta.find(key);
  return found == span.meta.end() ? string_view{} : string_view{found->second};
}

// What keeps a text apart from its neighbours.
std::string word(string_view text) {
  const std::string shown = printable(text);
  const bool plain = !text.empty() && shown.find_first_of(" \"={},") == std::string::npos;
  return plain ? shown : '"' + shown + '"';
}

void append_error(std::string& out, const TraceSpan& span) {
  if (span.error == 0) return;
  out += " ERROR";
  const string_view type = tag_of(span, "error.type");
  string_view message = tag_of(span, "error.message");
  if (message.empty()) message = tag_of(span, "error.msg");
  if (!type.empty()) out += ' ' + printable(type);
  if (!message.empty()) out += (type.empty() ? " " : ": ") + printable(message);
}

void append_llm_fields(std::string& out, const TraceSpan& span) {
  for (const string_view key : kLlmFields) {
    const std::string name{key};
    const auto text = span.meta.find(name);
    const auto number = span.metrics.find(name);
    if (text != span.meta.end())
      out += fmt::format(" {}={}", without_folder(key), word(text->second));
    if (number != span.metrics.end())
      out += fmt::format(" {}={}", without_folder(key), number->second);
  }
}

void append_tags(std::string& out, const TraceSpan& span) {
  std::string tags;
  const auto add = [&tags](string_view key, const std::string& value) {
    if (is_internal(key) || is_llm_field(key)) return;
    tags += fmt::format("{}{}:{}", tags.empty() ? "" : ", ", printable(key), value);
  };
  for (const auto& [key, value] : span.meta) add(key, printable(value));
  for (const auto& [key, value] : span.metrics) add(key, fmt::format("{}", value));
  if (!tags.empty()) out += " {" + tags + "}";
}

// MessagePack that a sender put into a span; nlohmann_json recurses over it, the reader does not.
Json decoded(const std::string& bytes) {
  MsgpackReader in{bytes};
  in.skip();
  if (!in.ok() || !in.at_end()) return nullptr;
  Json value = Json::from_msgpack(bytes, true, false);
  return value.is_discarded() ? Json(nullptr) : value;
}

void append_meta_struct(std::string& out, const TraceSpan& span) {
  for (const auto& [key, bytes] : span.meta_struct) {
    out += fmt::format(" {}={}B", word(key), bytes.size());
  }
}

void append_place(std::string& out, const TraceNode& node) {
  if (node.place == Place::orphan) {
    out += fmt::format(" (its parent {} is not here)", node.span->parent_id);
  }
  if (node.place == Place::circle) out += " (its parents go round in a circle)";
}

std::string to_line(const TraceNode& node) {
  const TraceSpan& span = *node.span;
  std::string out(2 + 2 * std::min(node.depth, kMaxIndent), ' ');
  if (node.depth > kMaxIndent) out += fmt::format("[{}] ", node.depth);
  out += printable(span.name, kUnbounded);
  if (span.resource != span.name) out += " \"" + printable(span.resource) + '"';
  out += ' ' + duration_in_words(span.duration);
  append_error(out, span);
  if (node.parent == nullptr || node.parent->service != span.service) {
    out += " service=" + word(span.service);
  }
  if (!span.type.empty()) out += " type=" + word(span.type);
  append_llm_fields(out, span);
  append_meta_struct(out, span);
  if (!span.links.empty()) out += fmt::format(" links={}", span.links.size());
  append_tags(out, span);
  append_place(out, node);
  return out;
}

std::string quantity(std::size_t number, string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string head_of(const Trace& trace) {
  const auto errors = std::count_if(trace.spans.begin(),
                                    trace.spans.end(),
                                    [](const TraceSpan& span) { return span.error != 0; });
  std::string out = fmt::format("trace {}: {}, {}",
                                trace.id(),
                                quantity(trace.spans.size(), "span"),
                                duration_in_words(trace.duration()));
  if (errors != 0) out += ", " + quantity(static_cast<std::size_t>(errors), "error");
  if (trace.priority) out += fmt::format(", priority {}", *trace.priority);
  if (trace.chunks > 1) out += fmt::format(", in {} chunks", trace.chunks);
  return out;
}

string_view name_of(Place place) {
  constexpr string_view kNames[] = {"root", "child", "orphan", "circle"};
  return kNames[static_cast<std::size_t>(place)];
}

Json links_of(const TraceSpan& span) {
  Json links = Json::array();
  for (const TraceLink& link : span.links) {
    links.push_back({{"trace_id", Trace{link.trace_high, link.trace_id, {}, 0, {}}.id()},
                     {"span_id", std::to_string(link.span_id)},
                     {"attributes", link.attributes}});
  }
  return links;
}

Json to_object(const TraceNode& node) {
  const TraceSpan& span = *node.span;
  Json out;
  out["depth"] = node.depth;
  out["place"] = name_of(node.place);
  out["name"] = span.name;
  out["service"] = span.service;
  out["resource"] = span.resource;
  out["type"] = span.type;
  out["span_id"] = std::to_string(span.span_id);
  out["parent_id"] = std::to_string(span.parent_id);
  out["start"] = span.start;
  out["duration"] = span.duration;
  out["error"] = span.error;
  out["meta"] = span.meta;
  out["metrics"] = span.metrics;
  out["meta_struct"] = Json::object();
  for (const auto& [key, bytes] : span.meta_struct) out["meta_struct"][key] = decoded(bytes);
  out["span_links"] = links_of(span);
  return out;
}

}  // namespace

std::string duration_in_words(std::int64_t nanoseconds) {
  struct Unit {
    double size;
    string_view name;
  };
  constexpr std::array<Unit, 3> kUnits{{{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}}};
  const auto number = static_cast<double>(nanoseconds);
  for (const Unit& unit : kUnits) {
    // Three digits, and never "1e+03 ms".
    if (number < unit.size) continue;
    const double amount = number / unit.size;
    return amount < 100 ? fmt::format("{:.3g} {}", amount, unit.name)
                        : fmt::format("{:.0f} {}", amount, unit.name);
  }
  return fmt::format("{} ns", nanoseconds);
}

std::vector<std::string> to_lines(const Trace& trace) {
  std::vector<std::string> lines{head_of(trace)};
  for (const TraceNode& node : tree_of(trace.spans)) lines.push_back(to_line(node));
  return lines;
}

std::string to_json(const Trace& trace) {
  Json out;
  out["kind"] = "trace";
  out["trace_id"] = trace.id();
  out["duration"] = trace.duration();
  out["chunks"] = trace.chunks;
  out["priority"] = trace.priority ? Json(*trace.priority) : Json(nullptr);
  out["spans"] = Json::array();
  for (const TraceNode& node : tree_of(trace.spans)) out["spans"].push_back(to_object(node));
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pawl::tools
