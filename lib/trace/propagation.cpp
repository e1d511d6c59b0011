#include "trace/propagation.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "base/number.h"

namespace pawl::trace {

namespace {

enum Header : std::size_t { traceparent, tracestate, trace_id, parent_id, priority, origin, tags };

// What Datadog's tracers take, and send.
constexpr std::size_t kMostTags = 512;

template <class Number>
std::optional<Number> read_whole(std::string_view text, int base) noexcept {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Both W3C and Datadog write lower case, and W3C has the rest refused.
bool is_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool has_key(std::string_view list, std::string_view key) noexcept {
  while (!list.empty()) {
    const std::string_view tag = take_member(list, ',');
    if (tag.substr(0, tag.find('=')) == key) return true;
  }
  return false;
}

// Takes a tag of the trace from x-datadog-tags; tells whether it was well made.
bool take_trace_tag(SpanContext& context, std::string_view tag) {
  const auto equals = tag.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  const std::string_view key = tag.substr(0, equals);
  const std::string_view value = tag.substr(equals + 1);
  if (!is_printable(tag)) return false;
  if (key == "_dd.p.tid") {
    const auto high = read_hex(value, 16);
    if (high) context.trace_high = *high;
    return high.has_value();
  }
  if (key == "_dd.p.dm") {
    context.decision_maker = value;
    return true;
  }
  return !key.starts_with(kTraceTag) || append_trace_tag(context.trace_tags, key, value);
}

void read_trace_tags(SpanContext& context, std::string_view list, std::uint64_t& refused) {
  if (list.size() > kMostTags) {
    ++refused;
    return;
  }
  bool good = true;
  while (!list.empty()) {
    const std::string_view tag = take_member(list, ',');
    if (!tag.empty()) good = take_trace_tag(context, tag) && good;
  }
  if (!good) ++refused;
}

std::string trace_tags_of(const SpanContext& context) {
  std::string out;
  const auto add = [&out](std::string_view key, std::string_view value) {
    if (!out.empty()) out += ',';
    out.append(key).append(value);
  };
  if (is_list_text(context.decision_maker)) add("_dd.p.dm=", context.decision_maker);
  if (context.trace_high != 0) {
    add("_dd.p.tid=", "");
    out += base::HexText{context.trace_high}.view();
  }
  const std::string others = sendable_trace_tags(context.trace_tags);
  if (!others.empty() && out.size() + others.size() < kMostTags) add("", others);
  return out;
}

bool same_trace(const SpanContext& a, const SpanContext& b) noexcept {
  return a.trace_low == b.trace_low && a.trace_high == b.trace_high;
}

// Datadog's headers decide, but the last service may have written only W3C's.
void merge(SpanContext& datadog, SpanContext& w3c) {
  datadog.span = w3c.span;
  datadog.tracestate = std::move(w3c.tracestate);
  datadog.datadog_state = std::move(w3c.datadog_state);
  if (!datadog.priority) datadog.priority = w3c.priority;
}

}  // namespace

namespace detail {

bool same_header(std::string_view name, std::string_view lower_case) noexcept {
  return std::equal(
      name.begin(), name.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
      });
}

}  // namespace detail

bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool is_list_text(std::string_view text) noexcept {
  return !text.empty() && is_printable(text) && text.find(',') == std::string_view::npos;
}

bool append_trace_tag(std::string& list, std::string_view key, std::string_view value) {
  const bool is_field = key == "_dd.p.tid" || key == "_dd.p.dm";
  if (is_field || !key.starts_with(kTraceTag) || key.find('=') != std::string_view::npos)
    return false;
  if (!is_list_text(key) || !(value.empty() || is_list_text(value))) return false;
  const std::size_t before = list.empty() ? 0 : list.size() + 1;
  if (before + key.size() + 1 + value.size() > kMostTags || has_key(list, key)) return false;
  if (!list.empty()) list += ',';
  list.append(key).append("=").append(value);
  return true;
}

std::string sendable_trace_tags(std::string_view list) {
  std::string sendable;
  while (!list.empty()) {
    const std::string_view tag = take_member(list, ',');
    const auto equals = tag.find('=');
    if (equals != std::string_view::npos)
      append_trace_tag(sendable, tag.substr(0, equals), tag.substr(equals + 1));
  }
  return sendable;
}

std::optional<std::uint64_t> read_hex(std::string_view text, std::size_t digits) noexcept {
  if (text.size() != digits || !std::all_of(text.begin(), text.end(), is_hex)) return std::nullopt;
  return read_whole<std::uint64_t>(text, 16);
}

std::optional<std::uint64_t> read_decimal(std::string_view text) noexcept {
  return read_whole<std::uint64_t>(text, 10);
}

std::optional<int> read_priority(std::string_view text) noexcept {
  const auto priority = read_whole<int>(text, 10);
  if (!priority || *priority < -128 || *priority > 127) return std::nullopt;
  return priority;
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view kBlanks = " \t";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string_view take_member(std::string_view& list, char separator) noexcept {
  const auto end = std::min(list.find(separator), list.size());
  const std::string_view member = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return member;
}

std::optional<SpanContext> read_datadog(const detail::HeaderValues& values,
                                        std::uint64_t& refused) {
  if (values[trace_id].empty()) return std::nullopt;
  SpanContext context;
  const auto low = read_decimal(trim(values[trace_id]));
  if (!low || *low == 0) {
    ++refused;
    return std::nullopt;
  }
  context.trace_low = *low;
  if (!values[parent_id].empty()) {
    const auto span = read_decimal(trim(values[parent_id]));
    if (!span) ++refused;
    context.span = span.value_or(0);
  }
  if (!values[priority].empty()) {
    context.priority = read_priority(trim(values[priority]));
    if (!context.priority) ++refused;
  }
  if (is_printable(values[origin]))
    context.origin = trim(values[origin]);
  else
    ++refused;
  read_trace_tags(context, values[tags], refused);
  return context;
}

Extracted read_headers(const detail::HeaderValues& values) {
  Extracted read;
  auto datadog = read_datadog(values, read.refused);
  auto w3c = read_w3c(values[traceparent], values[tracestate], read.refused);
  if (datadog && w3c && same_trace(*datadog, *w3c)) merge(*datadog, *w3c);
  if (datadog)
    read.context = std::move(*datadog);
  else if (w3c)
    read.context = std::move(*w3c);
  return read;
}

detail::HeaderTexts write_headers(const SpanContext& context) {
  detail::HeaderTexts texts;
  if (!context) return texts;
  texts[traceparent] = traceparent_of(context);
  texts[tracestate] = tracestate_of(context);
  base::append_number(texts[trace_id], context.trace_low);
  base::append_number(texts[parent_id], context.span);
  if (context.priority) base::append_number(texts[priority], *context.priority);
  if (is_printable(context.origin)) texts[origin] = context.origin;
  texts[tags] = trace_tags_of(context);
  return texts;
}

}  // namespace pawl::trace
