#include "tools/decode.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "tools/decode_fields.h"

namespace pawl::tools {
namespace {

using fields::Reason;
using fields::take_until;
using std::string_view;

bool starts_with(string_view text, string_view start) {
  return text.substr(0, start.size()) == start;
}

Reason check_name(string_view name) {
  if (name.empty()) return "the name is empty";
  const bool fits =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  return fits ? nullptr : "the name is not printable ASCII";
}

bool is_type(string_view type) {
  return type == "c" || type == "g" || type == "h" || type == "d" || type == "s" || type == "ms";
}

// Decimal only: from_chars reads no hexadecimal here, and what it reads as infinite or NaN, which
// the Agent parses and then silently drops, is refused.
std::optional<Value> decode_number(string_view text) {
  if (text.size() > 1 && text.front() == '+' && text[1] != '-') text.remove_prefix(1);
  const char* last = text.data() + text.size();
  std::int64_t whole = 0;
  if (const auto [end, error] = std::from_chars(text.data(), last, whole);
      error == std::errc{} && end == last) {
    return Value{whole};
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc{} || end != last || !std::isfinite(number)) return std::nullopt;
  return Value{number};
}

// A set's member may hold colons: the Agent takes it whole.
Reason decode_values(string_view text, Item& item) {
  if (item.type == "s") {
    if (text.empty()) return "the set's member is empty";
    if (!fields::is_clean_text(text)) return "the set's member is no text";
    item.values.emplace_back(std::string{text});
    return nullptr;
  }
  while (true) {
    const auto colon = text.find(':');
    std::optional<Value> value = decode_number(text.substr(0, colon));
    if (!value) return "a value is not a finite decimal number";
    item.values.push_back(std::move(*value));
    if (colon == string_view::npos) return nullptr;
    text.remove_prefix(colon + 1);
  }
}

Reason check_timestamp(const Item& item) {
  if (!item.timestamp) return nullptr;
  if (item.type != "c" && item.type != "g") return "T is only for counts and gauges";
  if (item.values.size() > 1) return "T is not for packed values";
  if (item.rate != 1) return "the Agent ignores a sample rate beside T";
  return nullptr;
}

Reason decode_metric(string_view line, Item& item) {
  const auto bar = line.find('|');
  if (bar == string_view::npos) return "there is no type";
  string_view body = line.substr(0, bar);
  const auto name = take_until(body, ':');
  if (!name) return "there is no value";
  if (const Reason reason = check_name(*name)) return reason;
  item.name = *name;
  line.remove_prefix(bar + 1);
  item.type = line.substr(0, line.find('|'));
  if (!is_type(item.type)) return "the type is not c, g, h, d, s or ms";
  if (const Reason reason = decode_values(body, item)) return reason;
  if (const Reason reason = fields::decode_all(line.substr(item.type.size()), item)) return reason;
  return check_timestamp(item);
}

std::optional<std::size_t> decode_length(string_view text) {
  std::size_t length = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, length);
  if (error != std::errc{} || end != last) return std::nullopt;
  return length;
}

// `line` stands behind the opening brace.
Reason decode_event(string_view line, Item& item) {
  item.kind = Kind::event;
  const auto lengths = take_until(line, '}');
  if (!lengths || line.empty() || line.front() != ':') return "the event's head is not _e{n,n}:";
  line.remove_prefix(1);
  string_view second = *lengths;
  const auto first = take_until(second, ',');
  const auto title = first ? decode_length(*first) : std::nullopt;
  const auto text = decode_length(second);
  if (!title || !text) return "the event's lengths are not two numbers";
  if (*title == 0) return "the event's title is empty";
  if (*text == 0) return "the event's text is empty";
  if (*title >= line.size() || line[*title] != '|') return "the title's length is wrong";
  if (!fields::is_utf8(line.substr(0, *title))) return "the event's title is not UTF-8";
  item.name = fields::unescape(line.substr(0, *title));
  line.remove_prefix(*title + 1);
  if (*text > line.size()) return "the text's length is wrong";
  if (!fields::is_utf8(line.substr(0, *text))) return "the event's text is not UTF-8";
  item.text = fields::unescape(line.substr(0, *text));
  line.remove_prefix(*text);
  if (!line.empty() && line.front() != '|') return "the text's length is wrong";
  return fields::decode_all(line, item);
}

// `line` stands behind the first bar.
Reason decode_check(string_view line, Item& item) {
  item.kind = Kind::check;
  const auto name = take_until(line, '|');
  if (!name) return "there is no status";
  if (const Reason reason = check_name(*name)) return reason;
  item.name = *name;
  const string_view status = line.substr(0, line.find('|'));
  if (status.size() != 1 || status[0] < '0' || status[0] > '3') {
    return "the status is not 0, 1, 2 or 3";
  }
  item.status = status[0] - '0';
  return fields::decode_all(line.substr(1), item);
}

Reason decode_any(string_view line, Item& item) {
  if (starts_with(line, "_e{")) return decode_event(line.substr(3), item);
  if (starts_with(line, "_sc|")) return decode_check(line.substr(4), item);
  return decode_metric(line, item);
}

}  // namespace

string_view to_string(Kind kind) noexcept {
  constexpr string_view kNames[] = {"metric", "event", "check"};
  return kNames[static_cast<std::size_t>(kind)];
}

Result<Item> decode_line(string_view line) {
  Item item;
  if (const Reason reason = decode_any(line, item)) return Error{reason};
  return item;
}

}  // namespace pawl::tools
