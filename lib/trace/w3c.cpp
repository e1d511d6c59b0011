#include <algorithm>
#include <utility>

#include "base/hex.h"
#include "base/number.h"
#include "trace/propagation.h"

// traceparent and tracestate.

namespace pawl::trace {

namespace {

// What Datadog's tracers take of their own member, and send of it.
constexpr std::size_t kMostReadState = 512;
constexpr std::size_t kMostWrittenState = 256;
// What is kept and sent on of other vendors' members: W3C's least.
constexpr std::ptrdiff_t kMostMembers = 31;
constexpr std::size_t kMostMembersBytes = 512;

constexpr std::string_view kDatadogMember = "dd=";

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

// Takes over a member of another vendor; tells whether it was well made and there was room.
bool append_member(std::string& list, std::string_view member) {
  const auto equals = member.find('=');
  if (equals == std::string_view::npos || equals == 0 || !is_printable(member)) return false;
  if (member.starts_with(kDatadogMember)) return false;
  const std::size_t before = list.empty() ? 0 : list.size() + 1;
  if (before + member.size() > kMostMembersBytes) return false;
  if (std::count(list.begin(), list.end(), ',') + 1 >= kMostMembers) return false;
  append_list(list, ',', member);
  return true;
}

// Tells whether it was well made.
bool read_pair(SpanContext& context, std::string_view pair) {
  const auto colon = pair.find(':');
  if (colon == std::string_view::npos) return true;
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
    // traceparent has the high half of the id.
    if (key == "t.tid") return true;
    return append_trace_tag(
        context.trace_tags, std::string{kTraceTag}.append(key.substr(2)), decoded(value));
  } else if (key != "p") {
    append_list(context.datadog_state, ';', pair);
  }
  return true;
}

// Reads Datadog's own member; tells whether it was well made.
bool read_pairs(SpanContext& context, std::string_view pairs) {
  bool good = true;
  while (!pairs.empty()) good = read_pair(context, take_member(pairs, ';')) && good;
  return good;
}

// Tells whether it was well made.
bool read_state(SpanContext& context, std::string_view state) {
  if (!is_printable(state)) return false;
  bool good = true;
  bool has_own = false;
  while (!state.empty()) {
    const std::string_view member = take_member(state, ',');
    if (member.empty()) continue;
    if (!member.starts_with(kDatadogMember))
      good = append_member(context.tracestate, member) && good;
    else if (std::exchange(has_own, true) || member.size() > kMostReadState)
      good = false;
    else
      good = read_pairs(context, member.substr(kDatadogMember.size())) && good;
  }
  return good;
}

std::string datadog_member(const SpanContext& context) {
  std::string out{kDatadogMember};
  if (context.priority) {
    out += "s:";
    base::append_number(out, *context.priority);
    out += ';';
  }
  out += "p:";
  out += base::HexText{context.span}.view();
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
  const std::string all_tags = sendable_trace_tags(context.trace_tags);
  std::string_view tags = all_tags;
  while (!tags.empty()) {
    const std::string_view tag = take_member(tags, ',').substr(kTraceTag.size());
    const auto equals = tag.find('=');
    std::string key = ";t.";
    append_encoded(key, tag.substr(0, equals), " ,;=:");
    add_value(key += ':', tag.substr(equals + 1));
  }
  if (is_list_text(context.datadog_state)) add(";" + context.datadog_state);
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
  out += base::HexText{context.trace_high, context.trace_low}.view();
  out += '-';
  out += base::HexText{context.span}.view();
  out += context.priority.value_or(kAutoKeep) > 0 ? "-01" : "-00";
  return out;
}

std::string tracestate_of(const SpanContext& context) {
  std::string out = datadog_member(context);
  std::string others;
  std::string_view members = context.tracestate;
  while (!members.empty()) append_member(others, take_member(members, ','));
  if (!others.empty()) append_list(out, ',', others);
  return out;
}

}  // namespace pawl::trace
