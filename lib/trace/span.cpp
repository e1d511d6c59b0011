#include <charconv>
#include <utility>

#include <pawl/trace_span.h>

#include "base/hex.h"
#include "base/number.h"
#include "trace/core.h"
#include "trace/msgpack.h"
#include "trace/propagation.h"

namespace pawl::trace {

namespace {

constinit thread_local const Span* t_current = nullptr;

// A link: ids, and what the other side said of its trace.
bool append_link(Bytes& to, const SpanContext& other) {
  using namespace msgpack;
  const std::string tracestate = tracestate_of(other);
  char* at = to.room(128 + tracestate.size());
  if (at == nullptr) return false;
  at = put_byte(at, 0x85);
  at = put_unsigned(put_key(at, "trace_id"), other.trace_low);
  at = put_unsigned(put_key(at, "trace_id_high"), other.trace_high);
  at = put_unsigned(put_key(at, "span_id"), other.span);
  at = put_text(put_key(at, "tracestate"), tracestate);
  // Bit 31 says that the flags are known.
  const bool kept = other.priority.value_or(0) > 0;
  const std::uint64_t flags = other.priority ? 0x8000'0000U | (kept ? 1U : 0U) : 0;
  at = put_unsigned(put_key(at, "flags"), flags);
  to.written_to(at);
  return true;
}

}  // namespace

Span::Span(Draft* draft) noexcept : draft_(draft) {
  if (draft == nullptr) return;
  trace_high_ = draft->trace->high;
  trace_low_ = draft->trace->low;
  id_ = draft->id;
}

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  finish();
  draft_ = std::exchange(other.draft_, nullptr);
  trace_high_ = other.trace_high_;
  trace_low_ = other.trace_low_;
  id_ = other.id_;
  return *this;
}

Span Span::child(std::string_view name, const SpanOptions& options) const noexcept {
  if (draft_ == nullptr) return {};
  return Span{draft_->trace->core->start_child(*draft_, name, options)};
}

Span& Span::tag(std::string_view key, std::string_view value) noexcept {
  if (draft_ != nullptr) draft_->set_tag(key, value);
  return *this;
}

Span& Span::number(std::string_view key, double value) noexcept {
  if (draft_ != nullptr) draft_->set_metric(key, value);
  return *this;
}

Span& Span::resource(std::string_view resource) noexcept {
  if (draft_ != nullptr) draft_->set_resource(resource);
  return *this;
}

Span& Span::type(std::string_view type) noexcept {
  if (draft_ != nullptr) draft_->set_short(draft_->type, type);
  return *this;
}

Span& Span::error(std::string_view type,
                  std::string_view message,
                  std::string_view stack) noexcept {
  if (draft_ == nullptr) return *this;
  draft_->set_error(type, message, stack);
  draft_->trace->core->fail(*draft_);
  return *this;
}

Span& Span::link(const SpanContext& other) noexcept {
  if (draft_ == nullptr) return *this;
  bool linked = false;
  try {
    linked = other && other.span != 0 && draft_->link_count < Draft::kMostLinks &&
             append_link(draft_->links, other);
  } catch (const std::bad_alloc&) {
    // Then it is not linked.
  }
  if (linked)
    ++draft_->link_count;
  else
    draft_->note(SpanRepair::link_refused);
  return *this;
}

Span& Span::measured() noexcept { return number("_dd.measured", 1); }

Span& Span::keep() noexcept {
  if (draft_ != nullptr) draft_->trace->decision.set({kUserKeep, Mechanism::manual});
  return *this;
}

Span& Span::drop() noexcept {
  if (draft_ != nullptr) draft_->trace->decision.set({kUserDrop, Mechanism::manual});
  return *this;
}

void Span::end() noexcept {
  Draft& draft = *std::exchange(draft_, nullptr);
  draft.trace->core->finish(draft);
}

SpanContext Span::context() const noexcept {
  if (draft_ != nullptr) return draft_->trace->core->context_of(*draft_);
  SpanContext context;
  context.trace_high = trace_high_;
  context.trace_low = trace_low_;
  context.span = id_;
  return context;
}

LogFields Span::log_fields() const noexcept {
  LogFields fields;
  if (trace_high_ == 0)
    fields.trace_.assign(base::NumberText{trace_low_}.view());
  else
    fields.trace_.assign(base::HexText{trace_high_, trace_low_}.view());
  fields.span_.assign(base::NumberText{id_}.view());
  if (draft_ == nullptr) return fields;
  const Plan& plan = draft_->trace->core->plan();
  fields.service_.assign(draft_->service.view());
  fields.env_.assign(plan.env);
  fields.version_.assign(plan.version);
  return fields;
}

Current::Current(const Span& span) noexcept : before_(std::exchange(t_current, &span)) {}
Current::~Current() { t_current = before_; }
const Span* Current::get() noexcept { return t_current; }

}  // namespace pawl::trace
