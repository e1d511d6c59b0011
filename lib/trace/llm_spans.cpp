#include <algorithm>
#include <new>
#include <utility>

#include <pawl/trace_llm.h>

#include "trace/access.h"
#include "trace/core.h"

// Where the recorder of LLM requests meets the tracer.

namespace pawl::trace {

namespace {

using llm::FinishedRequest;
using llm::Step;
using llm::TraceIds;

LlmRequest at_start(const llm::Labels& labels, const llm::Ids& ids) noexcept {
  LlmRequest what;
  what.provider = labels.provider;
  what.model = labels.model;
  what.prompt_name = labels.prompt_name;
  what.prompt_version = labels.prompt_version;
  what.feature = labels.feature;
  what.tenant_id = ids.tenant_id;
  what.request_id = ids.request_id;
  return what;
}

// What was not known at the start. An error that the request survived is none of the span's.
LlmRequest at_end(const FinishedRequest& request) noexcept {
  LlmRequest what;
  what.streaming = request.labels.streaming;
  what.cache_hit = request.labels.cache_hit;
  what.finish_reason = request.labels.finish_reason;
  what.status = request.status;
  if (request.failed) what.error_type = request.error_type;
  what.latency_ms = request.latency_ms;
  what.first_token_latency_ms = request.first_token_latency_ms;
  what.time_per_output_token_ms = request.time_per_output_token_ms;
  what.queue_ms = request.queue_ms;
  what.usage = request.usage;
  what.output_tokens = request.output_tokens;
  what.cost = request.cost;
  what.retry_count = request.retries;
  return what;
}

// A step is told when it is over: its span begins as long ago as it took.
void begin_earlier(Span& span, std::optional<double> latency_ms) noexcept {
  Draft* const draft = Access::draft(span);
  if (draft == nullptr || !latency_ms) return;
  constexpr double kMostMs = 1e12;  // 30 years
  draft->start -= static_cast<std::int64_t>(std::min(*latency_ms, kMostMs) * 1e6);
}

void add_step(const Span& request, const Step& step) noexcept {
  switch (step.kind) {
    case Step::Kind::tool: {
      Span span = tool(request,
                       {.name = step.name,
                        .ok = step.ok,
                        .error_type = step.error_type,
                        .latency_ms = step.latency_ms});
      return begin_earlier(span, step.latency_ms);
    }
    case Step::Kind::retrieval: {
      const Span span = retrieval(request, {.hit_count = step.hits, .top_score = step.score});
      return;
    }
    case Step::Kind::validation: {
      const Span span = validation(request, {.json_valid = step.ok});
      return;
    }
    case Step::Kind::eval: {
      const Span span = eval(request, {.name = step.name, .score = step.score});
      return;
    }
  }
}

class LlmSpans final : public llm::SpanHook {
 public:
  LlmSpans(Core* core, const SpanContext& parent) : tracer_(Access::share(core)), parent_(parent) {}

  TraceIds started(const llm::Labels& labels, const llm::Ids& ids) noexcept override {
    const Span* const parent = Current::get();
    const LlmRequest what = at_start(labels, ids);
    Span span = parent != nullptr && *parent ? llm_request(*parent, what)
                                             : llm_request(tracer_, what, parent_);
    TraceIds trace{
        .trace_high = span.trace_high(), .trace_low = span.trace_low(), .span = span.id()};
    trace.of_hook = Access::release(std::move(span));
    return trace;
  }

  void stepped(const TraceIds& trace, const Step& step) noexcept override {
    Span span = Access::adopt(static_cast<Draft*>(trace.of_hook));
    add_step(span, step);
    Access::release(std::move(span));
  }

  void finished(const FinishedRequest& request) noexcept override {
    Span span = Access::adopt(static_cast<Draft*>(request.trace.of_hook));
    tell(span, at_end(request));
  }

 private:
  const Tracer tracer_;
  const SpanContext parent_;
};

}  // namespace

std::shared_ptr<llm::SpanHook> llm_spans(const Tracer& tracer, const SpanContext& parent) noexcept {
  try {
    return std::make_shared<LlmSpans>(Access::core(tracer), parent);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace pawl::trace
