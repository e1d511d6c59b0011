#include <algorithm>
#include <memory>
#include <new>
#include <optional>

#include "trace/core.h"
#include "trace/propagation.h"
#include "trace/trace_tags.h"

// What a core takes over from a remote parent and tells the next one, and whether a trace is kept.

namespace pawl::trace {

// Tells whether there was memory.
bool Core::inherit(TraceState& trace, const SpanContext& parent) noexcept {
  const bool is_plain = parent.decision_maker.empty() && parent.origin.empty() &&
                        parent.trace_tags.empty() && parent.tracestate.empty() &&
                        parent.datadog_state.empty();
  if (is_plain) return true;
  const bool has_maker = is_list_text(parent.decision_maker);
  try {
    trace.inherited = std::make_unique<Inherited>(
        Inherited{.decision_maker = has_maker ? parent.decision_maker : std::string{},
                  .origin = parent.origin,
                  .trace_tags = sendable_trace_tags(parent.trace_tags),
                  .tracestate = parent.tracestate,
                  .datadog_state = parent.datadog_state});
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

void Core::decide(Draft& draft, std::optional<int> inherited) noexcept {
  TraceState& trace = *draft.trace;
  if (inherited) {
    const int priority = std::clamp(*inherited, -128, 127);
    trace.decision.set({static_cast<std::int8_t>(priority), Mechanism::inherited});
    return;
  }
  const Sampler::Sampled sampled =
      sampler_.decide(trace.low, draft.service.view(), draft.name.view());
  trace.decision.set(sampled.decision);
  trace.rate = sampled.rate;
}

// An error keeps its trace where the options say so, unless a program dropped it: this one, or the
// one that began the trace.
void Core::fail(Draft& draft) const noexcept {
  if (!plan_.keep_errors) return;
  AtomicDecision& decision = draft.trace->decision;
  Decision before = decision.get();
  const auto may_change = [&before] {
    const bool by_remote = before.mechanism == Mechanism::inherited && before.priority < 0;
    return before.priority <= 0 && before.mechanism != Mechanism::manual && !by_remote;
  };
  while (may_change() && !decision.change(before, {kUserKeep, Mechanism::error})) continue;
}

SpanContext Core::context_of(const Draft& draft) const noexcept {
  SpanContext context;
  const TraceState& trace = *draft.trace;
  const Decision decision = trace.decision.get();
  context.trace_high = trace.high;
  context.trace_low = trace.low;
  context.span = draft.id;
  context.priority = decision.priority;
  try {
    if (trace.inherited) {
      context.origin = trace.inherited->origin;
      context.trace_tags = trace.inherited->trace_tags;
      context.tracestate = trace.inherited->tracestate;
      context.datadog_state = trace.inherited->datadog_state;
    }
    if (decision.priority <= 0) return context;
    context.decision_maker = decision_maker(trace, decision.mechanism);
  } catch (const std::bad_alloc&) {
    // The ids and the priority are there.
  }
  return context;
}

}  // namespace pawl::trace
