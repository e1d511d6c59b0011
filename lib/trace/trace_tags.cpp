#include "trace/trace_tags.h"

#include "base/hex.h"
#include "trace/msgpack.h"
#include "trace/propagation.h"

namespace pawl::trace {

namespace {

using namespace msgpack;

void put_inherited(TagsWritten& to, std::string_view tags) noexcept {
  while (!tags.empty()) {
    const std::string_view tag = take_member(tags, ',');
    const auto equals = tag.find('=');
    if (equals == std::string_view::npos) continue;
    to.end = put_text(put_text(to.end, tag.substr(0, equals)), tag.substr(equals + 1));
    ++to.count;
  }
}

}  // namespace

bool is_of_trace(std::string_view key) noexcept {
  return key.starts_with("_dd.p.") || key == "_sampling_priority_v1" || key == "_dd.agent_psr" ||
         key == "_dd.rule_psr";
}

std::string_view decision_maker(const TraceState& trace, Mechanism mechanism) noexcept {
  switch (mechanism) {
    case Mechanism::unknown:
      return "-0";
    case Mechanism::agent_rate:
      return "-1";
    case Mechanism::rule:
    case Mechanism::error:
      return "-3";
    case Mechanism::manual:
      return "-4";
    case Mechanism::inherited:
      break;
  }
  return trace.inherited ? std::string_view{trace.inherited->decision_maker} : std::string_view{};
}

// A tag of the parent's takes two bytes for its signs, and six for the headers here.
std::size_t most_trace_tag_bytes(const TraceState& trace) noexcept {
  constexpr std::size_t kOwn = 128;
  if (!trace.inherited) return kOwn;
  return kOwn + trace.inherited->decision_maker.size() + 4 * trace.inherited->trace_tags.size();
}

TagsWritten put_trace_metrics(char* to, const TraceState& trace, Decision decision) noexcept {
  to = put_double(put_key(to, "_sampling_priority_v1"), decision.priority);
  if (decision.mechanism == Mechanism::agent_rate)
    return {put_double(put_key(to, "_dd.agent_psr"), trace.rate), 2};
  if (decision.mechanism == Mechanism::rule)
    return {put_double(put_key(to, "_dd.rule_psr"), trace.rate), 2};
  return {to, 1};
}

TagsWritten put_trace_meta(char* to, const TraceState& trace, Decision decision) noexcept {
  TagsWritten written{to};
  const std::string_view maker = decision_maker(trace, decision.mechanism);
  if (decision.priority > 0 && !maker.empty()) {
    written.end = put_text(put_key(written.end, "_dd.p.dm"), maker);
    ++written.count;
  }
  if (trace.high != 0) {
    written.end = put_text(put_key(written.end, "_dd.p.tid"), base::HexText{trace.high}.view());
    ++written.count;
  }
  if (trace.inherited) put_inherited(written, trace.inherited->trace_tags);
  return written;
}

}  // namespace pawl::trace
