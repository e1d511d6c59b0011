#include "tools/show.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/arguments.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Json = nlohmann::ordered_json;

constexpr std::size_t kShownValues = 16;
constexpr std::size_t kUnbounded = std::numeric_limits<std::size_t>::max();

constexpr std::array<std::pair<string_view, double>, 5> kPercentiles{
    {{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}}};

string_view type_name(string_view type) {
  if (type == "c") return "count";
  if (type == "g") return "gauge";
  if (type == "h") return "histogram";
  if (type == "d") return "distribution";
  return type == "ms" ? "timing" : "set";
}

string_view status_name(int status) {
  constexpr string_view kNames[] = {"ok", "warning", "critical", "unknown"};
  return kNames[static_cast<std::size_t>(status)];
}

std::string to_text(double number) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  (void)error;  // the longest double takes 24
  return {text, end};
}

std::string to_text(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return to_text(*number);
  return printable(std::get<std::string>(value));
}

void append_values(std::string& out, const Item& item) {
  for (std::size_t i = 0; i < item.values.size() && i < kShownValues; ++i) {
    out += ' ' + to_text(item.values[i]);
  }
  if (item.values.size() > kShownValues) {
    out += " (and " + std::to_string(item.values.size() - kShownValues) + " more)";
  }
}

void append_tags(std::string& out, const std::vector<std::string>& tags) {
  if (tags.empty()) return;
  string_view mark = " {";
  for (const std::string& tag : tags) {
    out.append(mark).append(printable(tag, kUnbounded));
    mark = ", ";
  }
  out += '}';
}

void append_field(std::string& out, string_view name, string_view value) {
  if (!value.empty()) out.append(" ").append(name).append("=").append(printable(value));
}

void append_fields(std::string& out, const Item& item) {
  if (item.rate != 1) append_field(out, "rate", to_text(item.rate));
  if (item.timestamp) append_field(out, "timestamp", std::to_string(*item.timestamp));
  append_field(out, "container", item.container);
  append_field(out, "external", item.external);
  append_field(out, "cardinality", item.cardinality);
  append_field(out, "host", item.host);
  append_field(out, "aggregation_key", item.aggregation_key);
  append_field(out, "priority", item.priority);
  append_field(out, "source", item.source);
  append_field(out, "alert_type", item.alert_type);
}

std::string head(const Item& item) {
  const std::string name = printable(item.name, kUnbounded);
  if (item.kind == Kind::event) return "event " + name + ": " + printable(item.text, kUnbounded);
  if (item.kind == Kind::metric) return std::string{type_name(item.type)} + ' ' + name;
  std::string out = "check " + name + ' ' + std::string{status_name(item.status)};
  if (!item.text.empty()) out += ": " + printable(item.text, kUnbounded);
  return out;
}

Json to_json(const Value& value) {
  return std::visit([](const auto& held) { return Json(held); }, value);
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

void add_metric(Json& out, const Item& item) {
  out["type"] = item.type;
  out["values"] = Json::array();
  for (const Value& value : item.values) out["values"].push_back(to_json(value));
  out["rate"] = item.rate;
}

// JSON knows no infinity, and the infinity key has no percentiles.
Json finite_or_null(double number) { return std::isfinite(number) ? Json(number) : Json(nullptr); }

void add_note(Json& out, const Item& item) {
  out["host"] = or_null(item.host);
  if (item.kind == Kind::check) {
    out["status"] = item.status;
    out["message"] = or_null(item.text);
    return;
  }
  out["text"] = item.text;
  out["aggregation_key"] = or_null(item.aggregation_key);
  out["priority"] = or_null(item.priority);
  out["source"] = or_null(item.source);
  out["alert_type"] = or_null(item.alert_type);
}

}  // namespace

std::string to_line(const Item& item) {
  std::string out = head(item);
  append_values(out, item);
  append_tags(out, item.tags);
  append_fields(out, item);
  return out;
}

std::string to_json(const Item& item) {
  Json out;
  out["kind"] = to_string(item.kind);
  out["name"] = item.name;
  if (item.kind == Kind::metric) add_metric(out, item);
  out["tags"] = item.tags;
  out["timestamp"] = item.timestamp ? Json(*item.timestamp) : Json(nullptr);
  out["container"] = or_null(item.container);
  out["external"] = or_null(item.external);
  out["cardinality"] = or_null(item.cardinality);
  if (item.kind != Kind::metric) add_note(out, item);
  return out.dump();
}

std::string to_line(const Context& context, const AgentSketch& sketch) {
  std::string out = "distribution " + printable(context.name, kUnbounded);
  append_tags(out, context.tags);
  out += fmt::format(": {} sample{}, sum {:.6g}, min {}, avg {:.6g}",
                     sketch.count(),
                     sketch.count() == 1 ? "" : "s",
                     sketch.sum(),
                     to_text(sketch.min()),
                     sketch.average());
  for (const auto& [name, q] : kPercentiles) {
    out += fmt::format(", {} {:.6g}", name, sketch.quantile(q));
  }
  return out + ", max " + to_text(sketch.max());
}

std::string to_json(const Context& context, const AgentSketch& sketch) {
  Json out;
  out["kind"] = "sketch";
  out["name"] = context.name;
  out["tags"] = context.tags;
  out["count"] = sketch.count();
  out["sum"] = finite_or_null(sketch.sum());
  out["min"] = sketch.min();
  out["max"] = sketch.max();
  out["avg"] = finite_or_null(sketch.average());
  for (const auto& [name, q] : kPercentiles) {
    out[std::string{name}] = finite_or_null(sketch.quantile(q));
  }
  return out.dump();
}

}  // namespace pawl::tools
