#include "trace/event.h"

#include <initializer_list>

#include "base/hex.h"
#include "base/number.h"
#include "trace/draft.h"
#include "trace/msgpack.h"
#include "trace/plan.h"
#include "trace/trace_state.h"

namespace pawl::trace {

namespace {

using namespace msgpack;

char* put_entries(char* to, const Entries& entries) noexcept {
  to = put_map(to, entries.count());
  return put_bytes(to, entries.bytes().data(), entries.bytes().size());
}

char* put_meta(char* to, const Event& event) noexcept {
  const bool has_error = event.error_type.size != 0;
  const bool has_model = event.model.size != 0;
  const bool has_provider = event.provider.size != 0;
  to = put_map(put_key(to, "meta"), 2U + has_error + has_model + has_provider);
  to = put_map(put_key(to, "span"), 1);
  to = put_text(put_key(to, "kind"), event.kind);
  if (has_model) to = put_text(put_key(to, "model_name"), event.model.view());
  if (has_provider) to = put_text(put_key(to, "model_provider"), event.provider.view());
  to = put_entries(put_key(to, "metadata"), event.metadata);
  if (!has_error) return to;
  to = put_map(put_key(to, "error"), 1);
  return put_text(put_key(to, "type"), event.error_type.view());
}

char* put_tags(char* to, const Draft& draft, const Plan& plan) noexcept {
  to = put_map(put_key(to, "tags"), 6);
  to = put_text(put_key(to, "ml_app"), plan.ml_app);
  to = put_text(put_key(to, "service"), draft.service.view());
  to = put_text(put_key(to, "env"), plan.env);
  to = put_text(put_key(to, "version"), plan.version);
  to = put_text(put_key(to, "error"), draft.failed ? "1" : "0");
  return put_text(put_key(to, "language"), "cpp");
}

}  // namespace

// In the form that Datadog's tracers give a span's meta_struct; see llmobs_json.h for the other.
bool encode_event(Draft& draft, const Plan& plan, std::int64_t duration) noexcept {
  constexpr std::size_t kFixedBytes = 1'024;
  Event& event = draft.event;
  event.encoded.clear();
  char* to =
      event.encoded.room(kFixedBytes + 2 * sizeof(ShortText) + event.metadata.bytes().size() +
                         event.metrics.bytes().size() + 2 * plan.ml_app.size() + plan.env.size() +
                         plan.version.size() + 3 * sizeof(ShortText));
  if (to == nullptr) return false;
  const base::HexText trace{draft.trace->high, draft.trace->low};
  const base::NumberText id{draft.id};
  const base::NumberText parent{event.parent};
  to = put_map(to, 12);
  to = put_text(put_key(to, "ml_app"), plan.ml_app);
  to = put_text(put_key(to, "trace_id"), trace.view());
  to = put_text(put_key(to, "span_id"), id.view());
  to = put_text(put_key(to, "parent_id"), event.parent == 0 ? "undefined" : parent.view());
  to = put_text(put_key(to, "name"), draft.name.view());
  to = put_signed(put_key(to, "start_ns"), draft.start + draft.trace->wall_offset);
  to = put_signed(put_key(to, "duration"), duration);
  to = put_text(put_key(to, "status"), draft.failed ? "error" : "ok");
  to = put_meta(to, event);
  to = put_entries(put_key(to, "metrics"), event.metrics);
  to = put_tags(to, draft, plan);
  to = put_map(put_key(to, "_dd"), 3);
  to = put_text(put_key(to, "span_id"), id.view());
  to = put_text(put_key(to, "trace_id"), trace.view());
  to = put_text(put_key(to, "apm_trace_id"), trace.view());
  event.encoded.written_to(to);
  return true;
}

void address_evaluation(Draft& draft, std::int64_t duration) noexcept {
  Evaluation& evaluation = *draft.event.evaluation;
  evaluation.trace_high = draft.trace->high;
  evaluation.trace_low = draft.trace->low;
  evaluation.span = draft.event.parent != 0 ? draft.event.parent : draft.parent;
  evaluation.timestamp_ms = (draft.start + draft.trace->wall_offset + duration) / 1'000'000;
}

}  // namespace pawl::trace
