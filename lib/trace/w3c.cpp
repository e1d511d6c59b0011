#include <algorithm>

#include "base/number.h"
#include "trace/propagation.h"

// traceparent and tracestate.

namespace pawl::trace {

namespace {

// What Datadog's tracers take of their own member, and send of it.
constexpr std::size_t kMostReadState = 512;
constexpr std::size_t kMostWrittenState = 256;
// What is sent on of other vendors' members.
constexpr std::size_t kMostMembers = 31;

// Version, ids and flags stand where they do in all versions; a later one may go on behind them.
std::optional<SpanContext> read_parent(std::string_view text) noexcept {
  constexpr std::size_t kBytes = 55;
  if (text.size() < kBytes || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const auto version = read_hex(text.substr(0, 2), 2);
  const auto high = read_hex(text.substr(3, 16), 16);
  const auto low = read_hex(text.substr(19, 16), 16);
  const auto span = read_hex(text.substr(36, 16), 16);
  const auto flags = read_hex(text.substr(53, 2), 2);
  if (!version || !high || !low || !span || !flags || *version == 0xff) return std::nullopt;
  const bool has_more = text.size() != kBytes;
  if (has_more && (*version == 0 || text[kBytes] != '-')) return std::nullopt;
  // Sampling and Datadog's headers work on the low half: it must not be 0 either.
  if (*low == 0 || *span == 0) return std::nullopt;
  SpanContext context;
  context.trace_high = *high;
  context.trace_low = *low;
  context.span = *span;
  context.priority = (*flags & 1U) != 0 ? kAutoKeep : kAutoDrop;
  return context;
}

// `=` is written as `~` in the values of Datadog's member.
std::string decoded(std::string_view value) {
  std::string text{value};
  std::replace(text.begin(), text.end(), '~', '=');
  return text;
}

void append_encoded(std::string& out, std::string_view value, std::string_view bad) {
  for (const char c : value) {
    const bool fits = c >= 0x20 && c < 0x7f && bad.find(c) == std::string_view::npos;
    out += c == '=' ? '~' : fits ? c : '_';
  }
}

void append_list(std::string& list, char separator, std::string_view member) {
  if (!list.empty()) list += separator;
  list += member;
}

void read_pair(SpanContext& context, std::string_view pair) {
  const auto colon = pair.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view key = pair.substr(0, colon);
  const std::string_view value = pair.substr(colon + 1);
  if (key == "s") {
    // The flags of traceparent win: a tracer that is not Datadog's changes only those.
    const auto priority = read_priority(value);
    if (priority && (*priority > 0) == (*context.priority > 0)) context.priority = priority;
  } else if (key == "o") {
    context.origin = decoded(value);
  } else if (key == "t.dm") {
    context.decision_maker = decoded(value);
  } else if (key.starts_with("t.")) {
    append_list(context.trace_tags, ',', "_dd.p.");
    context.trace_tags.append(key.substr(2)).append("=").append(decoded(value));
  } else if (key != "p") {
    append_list(context.datadog_state, ';', pair);
  }
}

// Tells whether it was well made.
bool read_state(SpanContext& context, std::string_view state) {
  if (!is_printable(state)) return false;
  bool good = true;
  std::size_t members = 0;
  while (!state.empty()) {
    const std::string_view member = take_member(state, ',');
    if (member.empty()) continue;
    const auto equals = member.find('=');
    const bool is_datadog = member.starts_with("dd=");
    const bool malformed =
        equals == std::string_view::npos || equals == 0 || ++members > kMostMembers + 1;
    if (malformed || (is_datadog && member.size() > kMostReadState)) {
      good = false;
    } else if (!is_datadog) {
      append_list(context.tracestate, ',', member);
    } else {
      std::string_view pairs = member.substr(equals + 1);
      while (!pairs.empty()) read_pair(context, take_member(pairs, ';'));
    }
  }
  return good;
}

std::string datadog_member(const SpanContext& context) {
  std::string out = "dd=";
  if (context.priority) {
    out += "s:";
    base::append_number(out, *context.priority);
    out += ';';
  }
  out += "p:";
  append_hex(out, context.span);
  // Whole pairs, as many as have room.
  const auto add = [&out](const std::string& pair) {
    if (out.size() + pair.size() <= kMostWrittenState) out += pair;
  };
  const auto add_value = [&add](std::string key, std::string_view value) {
    append_encoded(key, value, ",;~");
    add(key);
  };
  if (!context.origin.empty()) add_value(";o:", context.origin);
  if (!context.decision_maker.empty()) add_value(";t.dm:", context.decision_maker);
  std::string_view tags = context.trace_tags;
  while (!tags.empty()) {
    const std::string_view tag = take_member(tags, ',');
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos || !tag.starts_with("_dd.p.")) continue;
    std::string key = ";t.";
    append_encoded(key, tag.substr(6, equals - 6), " ,;=:");
    add_value(key += ':', tag.substr(equals + 1));
  }
  if (!context.datadog_state.empty()) add(";" + context.datadog_state);
  return out;
}

}  // namespace

std::optional<SpanContext> read_w3c(std::string_view parent,
                                    std::string_view state,
                                    std::uint64_t& refused) {
  if (parent.empty()) return std::nullopt;
  auto context = read_parent(trim(parent));
  if (!context) {
    ++refused;
    return std::nullopt;
  }
  if (!read_state(*context, trim(state))) ++refused;
  return context;
}

std::string traceparent_of(const SpanContext& context) {
  std::string out = "00-";
  append_hex(out, context.trace_high);
  append_hex(out, context.trace_low);
  out += '-';
  append_hex(out, context.span);
  out += context.priority.value_or(kAutoKeep) > 0 ? "-01" : "-00";
  return out;
}

std::string tracestate_of(const SpanContext& context) {
  std::string out = datadog_member(context);
  if (!context.tracestate.empty()) out += "," + context.tracestate;
  return out;
}

}  // namespace pawl::trace
