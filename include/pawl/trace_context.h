#pragma once

// Which span this is, in a form that travels: what a service sends to the next one in its headers,
// and what that one continues. Tracer::extract() reads one from headers, Span::context() gives that
// of a span, Tracer::inject() writes it.
//
// Threads: a value. Cost: texts are empty unless a remote service sent some. Errors: none.
// Sources: W3C Trace Context (traceparent, tracestate); Datadog's headers x-datadog-*.

#include <cstdint>
#include <optional>
#include <string>

namespace pawl::trace {

// What a sampling priority may be. Above 0 the trace is kept.
inline constexpr int kUserDrop = -1;  // a rule or the program
inline constexpr int kAutoDrop = 0;   // the Agent's rate
inline constexpr int kAutoKeep = 1;
inline constexpr int kUserKeep = 2;

struct SpanContext {
  SpanContext() = default;

  // The ids. `trace_low` is never 0 in a context that says something; `span` is 0 where the remote
  // service has a trace but no span in it.
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;

  // The decision on keeping the trace, and who made it: "-0" nobody, "-1" the Agent's rate, "-3" a
  // rule, "-4" the program. nullopt and empty: none was made.
  std::optional<int> priority = {};
  std::string decision_maker = {};

  // Where the trace comes from, as `synthetics`; sent on, and a tag of every span.
  std::string origin = {};
  // Other tags of the trace (`_dd.p.`...), as x-datadog-tags has them: `key=value,key=value`.
  std::string trace_tags = {};
  // Members of tracestate that are other vendors', and those of Datadog's own that are not known
  // here (`key:value;key:value`). Both are sent on unread.
  std::string tracestate = {};
  std::string datadog_state = {};

  // Tells whether there is a trace at all.
  explicit operator bool() const noexcept { return trace_low != 0; }
  friend bool operator==(const SpanContext&, const SpanContext&) = default;
};

}  // namespace pawl::trace
