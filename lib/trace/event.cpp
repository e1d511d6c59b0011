#include "trace/event.h"

#include <initializer_list>

#include "base/number.h"
#include "trace/draft.h"
#include "trace/msgpack.h"
#include "trace/plan.h"
#include "trace/trace_state.h"

namespace pawl::trace {

namespace {

using namespace msgpack;

// 32 hex digits.
class HexId {
 public:
  HexId(std::uint64_t high, std::uint64_t low) noexcept {
    for (unsigned i = 0; i < 16; ++i) {
      digits_[i] = digit(high >> (60 - 4 * i));
      digits_[16 + i] = digit(low >> (60 - 4 * i));
    }
  }
  std::string_view view() const noexcept { return {digits_, sizeof digits_}; }

 private:
  static char digit(std::uint64_t value) noexcept { return "0123456789abcdef"[value & 0xfU]; }
  char digits_[32];
};

// A text that is put together from two, as tags are.
char* put_tag(char* to, std::string_view key, std::string_view value) noexcept {
  to = put_text_header(to, key.size() + 1 + value.size());
  to = put_byte(put_bytes(to, key.data(), key.size()), ':');
  return put_bytes(to, value.data(), value.size());
}

char* put_entries(char* to, const Entries& entries) noexcept {
  to = put_map(to, entries.count());
  return put_bytes(to, entries.bytes().data(), entries.bytes().size());
}

char* put_meta(char* to, const Event& event) noexcept {
  const bool has_error = event.error_type.size != 0;
  to = put_byte(put_key(to, "meta"), 0x80U | (has_error ? 5U : 4U));
  to = put_text(put_key(to, "span.kind"), event.kind);
  to = put_text(put_key(to, "model_name"), event.model.view());
  to = put_text(put_key(to, "model_provider"), event.provider.view());
  to = put_entries(put_key(to, "metadata"), event.metadata);
  if (!has_error) return to;
  to = put_byte(put_key(to, "error"), 0x81);
  return put_text(put_key(to, "type"), event.error_type.view());
}

char* put_tags(char* to, const Draft& draft, const Plan& plan) noexcept {
  to = put_array(put_key(to, "tags"), 6);
  to = put_tag(to, "ml_app", plan.ml_app);
  to = put_tag(to, "service", draft.service.view());
  to = put_tag(to, "env", plan.env);
  to = put_tag(to, "version", plan.version);
  to = put_tag(to, "error", draft.failed ? "1" : "0");
  return put_tag(to, "language", "cpp");
}

}  // namespace

bool encode_event(Draft& draft, const Plan& plan, std::int64_t duration) noexcept {
  constexpr std::size_t kFixedBytes = 1'024;
  Event& event = draft.event;
  event.encoded.clear();
  char* to =
      event.encoded.room(kFixedBytes + 2 * sizeof(ShortText) + event.metadata.bytes().size() +
                         event.metrics.bytes().size() + plan.ml_app.size() + plan.env.size() +
                         plan.version.size() + 3 * sizeof(ShortText));
  if (to == nullptr) return false;
  const HexId trace{draft.trace->high, draft.trace->low};
  const base::NumberText id{draft.id};
  const base::NumberText parent{event.parent};
  to = put_byte(to, 0x8b);
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
  to = put_byte(put_key(to, "_dd"), 0x83);
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
