#include "tools/decode_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <utility>

#include "tools/arguments.h"

namespace pawl::tools::fields {
namespace {

using std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool one_of(string_view text, std::initializer_list<string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Reason decode_rate(Item& item, string_view text) {
  const Result<double> rate = parse_number(text);
  if (!rate) return "the sample rate is not a number";
  if (!(*rate > 0 && *rate <= 1)) return "the sample rate is not in (0, 1]";
  item.rate = *rate;
  return nullptr;
}

Reason decode_tags(Item& item, string_view text) {
  while (true) {
    const auto comma = text.find(',');
    const string_view tag = text.substr(0, comma);
    if (tag.empty()) return "a tag is empty";
    if (!is_clean_text(tag)) return "a tag holds CR, NUL or invalid UTF-8";
    item.tags.emplace_back(tag);
    if (comma == string_view::npos) return nullptr;
    text.remove_prefix(comma + 1);
  }
}

Reason decode_container(Item& item, string_view text) {
  const bool fits = std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '-' || c == ',';
  });
  if (text.empty() || !fits) return "c: is not made of [A-Za-z0-9-,]";
  item.container = text;
  return nullptr;
}

Reason decode_external(Item& item, string_view text) {
  const bool fits = std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_lower(c) || c == '-' || c == ',';
  });
  if (text.empty() || !fits) return "e: is not made of [a-z0-9-,]";
  item.external = text;
  return nullptr;
}

Reason decode_cardinality(Item& item, string_view text) {
  if (!one_of(text, {"none", "low", "orchestrator", "high"})) {
    return "card: is not none, low, orchestrator or high";
  }
  item.cardinality = text;
  return nullptr;
}

Reason decode_timestamp(Item& item, string_view text) {
  item.timestamp = read_timestamp(text);
  return item.timestamp ? nullptr : "the timestamp is not a number of seconds above 0";
}

Reason decode_text(std::string& to, string_view text, Reason complaint) {
  if (text.empty() || !is_clean_text(text)) return complaint;
  to = text;
  return nullptr;
}

Reason decode_host(Item& item, string_view text) {
  return decode_text(item.host, text, "h: is empty or no text");
}

Reason decode_key(Item& item, string_view text) {
  return decode_text(item.aggregation_key, text, "k: is empty or no text");
}

Reason decode_source(Item& item, string_view text) {
  return decode_text(item.source, text, "s: is empty or no text");
}

Reason decode_priority(Item& item, string_view text) {
  if (!one_of(text, {"normal", "low"})) return "p: is not normal or low";
  item.priority = text;
  return nullptr;
}

Reason decode_alert_type(Item& item, string_view text) {
  if (!one_of(text, {"error", "warning", "info", "success"})) {
    return "t: is not error, warning, info or success";
  }
  item.alert_type = text;
  return nullptr;
}

Reason decode_message(Item& item, string_view text) {
  if (!is_utf8(text)) return "m: is not UTF-8";
  item.text = unescape(text);
  return nullptr;
}

constexpr unsigned bit(Kind kind) { return 1U << static_cast<unsigned>(kind); }
constexpr unsigned kMetric = bit(Kind::metric);
constexpr unsigned kEvent = bit(Kind::event);
constexpr unsigned kCheck = bit(Kind::check);

struct Rule {
  string_view prefix;
  unsigned kinds;
  Reason (*decode)(Item& item, string_view text);
};

// The Agent cuts a check's message off at whatever comes after it, so it has to be the last.
constexpr std::size_t kMessage = 0;
constexpr std::array<Rule, 13> kRules{{
    {"m:", kCheck, decode_message},
    {"@", kMetric, decode_rate},
    {"#", kMetric | kEvent | kCheck, decode_tags},
    {"T", kMetric, decode_timestamp},
    {"c:", kMetric | kEvent | kCheck, decode_container},
    {"e:", kMetric | kEvent | kCheck, decode_external},
    {"card:", kMetric | kEvent | kCheck, decode_cardinality},
    {"d:", kEvent | kCheck, decode_timestamp},
    {"h:", kEvent | kCheck, decode_host},
    {"k:", kEvent, decode_key},
    {"p:", kEvent, decode_priority},
    {"s:", kEvent, decode_source},
    {"t:", kEvent, decode_alert_type},
}};

std::size_t find_rule(string_view field, Kind kind) {
  const auto found = std::find_if(kRules.begin(), kRules.end(), [&](const Rule& rule) {
    return (rule.kinds & bit(kind)) != 0 && field.substr(0, rule.prefix.size()) == rule.prefix;
  });
  return static_cast<std::size_t>(found - kRules.begin());
}

}  // namespace

std::optional<string_view> take_until(string_view& text, char end) noexcept {
  const auto at = text.find(end);
  if (at == string_view::npos) return std::nullopt;
  const string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

bool is_utf8(string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_clean_text(string_view text) noexcept {
  constexpr string_view kBreaking{"\r\0", 2};
  return text.find_first_of(kBreaking) == string_view::npos && is_utf8(text);
}

std::optional<std::int64_t> read_timestamp(string_view text) noexcept {
  std::int64_t seconds = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, seconds);
  if (error != std::errc{} || end != last || seconds < 1) return std::nullopt;
  return seconds;
}

std::string unescape(string_view text) {
  std::string out;
  while (!text.empty()) {
    const bool line_end = text.substr(0, 2) == "\\n";
    const bool message = text.substr(0, 3) == "m\\:";
    out += line_end ? "\n" : message ? "m:" : text.substr(0, 1);
    text.remove_prefix(line_end ? 2 : message ? 3 : 1);
  }
  return out;
}

Reason decode_all(string_view text, Item& item) {
  unsigned seen = 0;
  while (!text.empty()) {
    if ((seen & (1U << kMessage)) != 0) return "m: is not the last field";
    text.remove_prefix(1);
    const string_view field = text.substr(0, text.find('|'));
    const std::size_t rule = find_rule(field, item.kind);
    if (rule == kRules.size()) return "a field is not known";
    if ((seen & (1U << rule)) != 0) return "a field is there twice";
    seen |= 1U << rule;
    const Reason reason = kRules[rule].decode(item, field.substr(kRules[rule].prefix.size()));
    if (reason != nullptr) return reason;
    text.remove_prefix(field.size());
  }
  return nullptr;
}

}  // namespace pawl::tools::fields
