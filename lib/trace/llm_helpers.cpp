#include <cmath>
#include <optional>
#include <utility>

#include <pawl/trace_llm.h>

#include "trace/access.h"
#include "trace/core.h"

// The table of an LLM request's spans: every name of it stands here, once.

namespace pawl::trace {

namespace {

// Tells a span what is known; what is empty or unset is left out.
class Teller {
 public:
  explicit Teller(Span& span) noexcept : span_(span) {}

  void tag(std::string_view key, std::string_view value) noexcept {
    if (!value.empty()) span_.tag(key, value);
  }
  void flag(std::string_view key, std::optional<bool> value) noexcept {
    if (value) span_.tag(key, *value ? "true" : "false");
  }
  template <class Number>
  void metric(std::string_view key, const std::optional<Number>& value) noexcept {
    if (value) span_.metric(key, *value);
  }

 private:
  Span& span_;
};

// Tells the span's event of LLM Observability, where there is one.
class EventTeller {
 public:
  explicit EventTeller(Span& span) noexcept {
    Draft* const draft = Access::draft(span);
    if (draft != nullptr && !draft->event.kind.empty()) draft_ = draft;
  }

  void model(std::string_view name, std::string_view provider) noexcept {
    if (draft_ == nullptr) return;
    if (!name.empty()) draft_->set_short(draft_->event.model, name);
    if (!provider.empty()) draft_->set_short(draft_->event.provider, provider);
  }
  void error(std::string_view type) noexcept {
    if (draft_ != nullptr && !type.empty()) draft_->set_short(draft_->event.error_type, type);
  }
  void metadata(std::string_view key, std::string_view value) noexcept {
    if (draft_ != nullptr && !value.empty()) draft_->set_text(draft_->event.metadata, key, value);
  }
  void metadata(std::string_view key, std::optional<double> value) noexcept {
    if (draft_ != nullptr && value) draft_->set_number(draft_->event.metadata, key, *value);
  }
  // Hears what a check found, from the span of a check.
  void verdict(const Eval& what) noexcept {
    if (draft_ == nullptr || !draft_->event.evaluation) return;
    Evaluation& evaluation = *draft_->event.evaluation;
    if (!what.name.empty()) draft_->set_short(evaluation.label, what.name);
    if (!what.type.empty()) draft_->set_short(evaluation.type, what.type);
    if (what.score && std::isfinite(*what.score)) evaluation.score = what.score;
    if (what.pass) evaluation.pass = what.pass;
  }
  template <class Number>
  void metric(std::string_view key, const std::optional<Number>& value) noexcept {
    if (draft_ != nullptr && value)
      draft_->set_number(draft_->event.metrics, key, static_cast<double>(*value));
  }

 private:
  Draft* draft_ = nullptr;
};

// Marks the span as an operation of LLM Observability, where the tracer has that.
Span of_kind(std::string_view kind, Span span) noexcept {
  if (Draft* const draft = Access::draft(span))
    if (draft->trace->core->plan().llmobs) draft->event.kind = kind;
  return span;
}

template <class What>
Span told(Span span, const What& what) noexcept {
  tell(span, what);
  return span;
}

SpanOptions llm_options(const LlmRequest& what) noexcept {
  return {.resource = what.prompt_name, .type = "llm"};
}

std::optional<double> usd(std::optional<std::uint64_t> picodollars) noexcept {
  if (!picodollars) return std::nullopt;
  return static_cast<double>(*picodollars) / 1e12;
}

void tell_usage(Teller& to, EventTeller& event, const LlmRequest& what) noexcept {
  const std::optional<llm::Usage>& usage = what.usage;
  if (!usage) {
    to.metric("llm.output_tokens", what.output_tokens);
    event.metric("output_tokens", what.output_tokens);
    return;
  }
  const std::optional total{usage->input + usage->output};
  to.metric("llm.input_tokens", std::optional{usage->input});
  to.metric("llm.output_tokens", std::optional{usage->output});
  to.metric("llm.total_tokens", total);
  event.metric("input_tokens", std::optional{usage->input});
  event.metric("output_tokens", std::optional{usage->output});
  event.metric("total_tokens", total);
  event.metric("cache_read_input_tokens", std::optional{usage->cached_input});
  event.metric("cache_write_input_tokens", std::optional{usage->cache_creation});
  event.metric("reasoning_output_tokens", std::optional{usage->reasoning});
}

// LLM Observability counts times in seconds.
std::optional<double> seconds(std::optional<double> ms) noexcept {
  if (!ms) return std::nullopt;
  return *ms / 1e3;
}

void tell_event(EventTeller& event, const LlmRequest& what) noexcept {
  event.model(what.model, what.provider);
  event.error(what.error_type);
  event.metadata("prompt_name", what.prompt_name);
  event.metadata("prompt_version", what.prompt_version);
  event.metadata("feature", what.feature);
  event.metadata("finish_reason", what.finish_reason);
  event.metric("time_to_first_token", seconds(what.first_token_latency_ms));
  event.metric("time_per_output_token", seconds(what.time_per_output_token_ms));
  event.metric("time_in_queue", seconds(what.queue_ms));
  if (!what.cost) return;
  event.metric("input_cost", usd(what.cost->input_picodollars()));
  event.metric("output_cost", usd(what.cost->output_picodollars()));
  event.metric("total_cost", std::optional{what.cost->usd()});
}

}  // namespace

Span retrieval(const Span& parent, const Retrieval& what) noexcept {
  return told(of_kind("retrieval", parent.child("rag.retrieval", {.resource = what.index})), what);
}

Span render(const Span& parent, const Render& what) noexcept {
  return told(of_kind("task", parent.child("prompt.render", {.resource = what.prompt_name})), what);
}

Span llm_request(const Span& parent, const LlmRequest& what) noexcept {
  Span span = of_kind("llm", parent.child("llm.request", llm_options(what)));
  span.measured();
  return told(std::move(span), what);
}

Span llm_request(const Tracer& tracer, const LlmRequest& what, const SpanContext& parent) noexcept {
  Span span = of_kind("llm", tracer.start("llm.request", parent, llm_options(what)));
  span.measured();
  return told(std::move(span), what);
}

Span tool(const Span& parent, const Tool& what) noexcept {
  return told(of_kind("tool", parent.child("tool.call", {.resource = what.name})), what);
}

Span validation(const Span& parent, const Validation& what) noexcept {
  const SpanOptions options{.resource = what.schema_name};
  return told(of_kind("task", parent.child("output.validation", options)), what);
}

Span eval(const Span& parent, const Eval& what) noexcept {
  Span span = of_kind("task", parent.child("eval.score", {.resource = what.name}));
  if (Draft* const draft = Access::draft(span))
    if (!draft->event.kind.empty()) draft->event.evaluation.emplace();
  return told(std::move(span), what);
}

void tell(Span& span, const Retrieval& what) noexcept {
  Teller to{span};
  to.tag("rag.index", what.index);
  to.tag("rag.strategy", what.strategy);
  to.metric("rag.query_length", what.query_length);
  to.metric("rag.hit_count", what.hit_count);
  to.metric("rag.top_score", what.top_score);
  to.metric("rag.latency_ms", what.latency_ms);
  EventTeller event{span};
  event.metadata("index", what.index);
  event.metadata("strategy", what.strategy);
}

void tell(Span& span, const Render& what) noexcept {
  Teller to{span};
  to.tag("llm.prompt_name", what.prompt_name);
  to.tag("llm.prompt_version", what.prompt_version);
  to.metric("prompt.input_tokens_estimate", what.input_tokens_estimate);
  EventTeller event{span};
  event.metadata("prompt_name", what.prompt_name);
  event.metadata("prompt_version", what.prompt_version);
}

void tell(Span& span, const LlmRequest& what) noexcept {
  Teller to{span};
  to.tag("llm.provider", what.provider);
  to.tag("llm.model", what.model);
  to.tag("llm.prompt_name", what.prompt_name);
  to.tag("llm.prompt_version", what.prompt_version);
  to.tag("llm.feature", what.feature);
  to.tag("llm.tenant_id", what.tenant_id);
  to.tag("llm.request_id", what.request_id);
  to.flag("llm.streaming", what.streaming);
  to.flag("llm.cache_hit", what.cache_hit);
  to.tag("llm.finish_reason", what.finish_reason);
  if (what.status) to.tag("llm.status", llm::to_string(*what.status));
  to.tag("llm.error_type", what.error_type);
  if (what.status == llm::Status::error) span.error(what.error_type);
  to.metric("llm.latency_ms", what.latency_ms);
  to.metric("llm.first_token_latency_ms", what.first_token_latency_ms);
  // As the metric: none where nothing is known to cost.
  if (what.cost && what.cost->total_picodollars() != 0)
    span.metric("llm.estimated_cost_usd", what.cost->usd());
  to.metric("llm.retry_count", what.retry_count);
  EventTeller event{span};
  tell_usage(to, event, what);
  tell_event(event, what);
}

void tell(Span& span, const Tool& what) noexcept {
  Teller to{span};
  to.tag("tool.name", what.name);
  if (what.ok) to.tag("tool.status", *what.ok ? "ok" : "error");
  if (what.ok == false) span.error(what.error_type);
  to.metric("tool.latency_ms", what.latency_ms);
  to.metric("tool.retry_count", what.retry_count);
  EventTeller event{span};
  event.metadata("tool", what.name);
  event.error(what.error_type);
}

void tell(Span& span, const Validation& what) noexcept {
  Teller to{span};
  to.flag("json_valid", what.json_valid);
  to.tag("schema_name", what.schema_name);
  if (what.json_valid == false) span.error("validation");
  EventTeller event{span};
  event.metadata("schema", what.schema_name);
}

void tell(Span& span, const Eval& what) noexcept {
  Teller to{span};
  to.tag("eval.name", what.name);
  to.tag("eval.type", what.type);
  to.flag("eval.pass", what.pass);
  to.tag("llm.prompt_version", what.prompt_version);
  to.tag("llm.model", what.model);
  to.metric("eval.score", what.score);
  EventTeller event{span};
  event.metadata("eval", what.name);
  event.metadata("score", what.score);
  if (what.pass) event.metadata("pass", *what.pass ? "true" : "false");
  event.verdict(what);
}

}  // namespace pawl::trace
