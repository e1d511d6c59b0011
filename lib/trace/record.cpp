#include "trace/record.h"

#include <algorithm>

#include "trace/draft.h"
#include "trace/msgpack.h"
#include "trace/trace_state.h"
#include "trace/trace_tags.h"

namespace pawl::trace {

namespace {

// Its keys and numbers, and the headers of its texts and maps.
constexpr std::size_t kFixedBytes = 256;

}  // namespace

char* put_event_key(char* to, std::size_t event_bytes) noexcept {
  using namespace msgpack;
  to = put_byte(put_key(to, "meta_struct"), 0x81);
  return put_binary_header(put_key(to, "_llmobs"), event_bytes);
}

std::size_t most_record_bytes(const Draft& draft) noexcept {
  return sizeof(Record) + kFixedBytes + draft.service.size + draft.name.size + draft.type.size +
         std::max<std::size_t>(draft.resource.size(), draft.name.size) + draft.meta.bytes().size() +
         draft.metrics.bytes().size() + (draft.link_count == 0 ? 0 : draft.links.size()) +
         (draft.is_root ? most_trace_tag_bytes(*draft.trace) : 0);
}

char* write_record(Record& record, const Draft& draft, std::int64_t duration) noexcept {
  using namespace msgpack;
  const bool has_links = draft.link_count != 0;
  char* const begin = record.map();
  char* to = put_byte(begin, 0x80U | (has_links ? 13U : 12U));
  to = put_text(put_key(to, "service"), draft.service.view());
  to = put_text(put_key(to, "name"), draft.name.view());
  const std::string_view resource = draft.resource.view();
  to = put_text(put_key(to, "resource"), resource.empty() ? draft.name.view() : resource);
  to = put_text(put_key(to, "type"), draft.type.view());
  to = put_unsigned(put_key(to, "trace_id"), draft.trace->low);
  to = put_unsigned(put_key(to, "span_id"), draft.id);
  to = put_unsigned(put_key(to, "parent_id"), draft.parent);
  to = put_signed(put_key(to, "start"), draft.start + draft.trace->wall_offset);
  to = put_signed(put_key(to, "duration"), duration);
  to = put_byte(put_key(to, "error"), draft.failed ? 1 : 0);
  if (has_links) {
    to = put_array(put_key(to, "span_links"), draft.link_count);
    to = put_bytes(to, draft.links.data(), draft.links.size());
  }
  record.trace = draft.trace;
  record.next = nullptr;
  record.is_root = draft.is_root;
  record.decision = draft.trace->decision.get();
  const auto put_entries = [&](const Entries& entries, TraceTags& of_trace, const auto& put) {
    char* const header = to;
    to = put_map(to, entries.count());
    to = put_bytes(to, entries.bytes().data(), entries.bytes().size());
    of_trace = {};
    if (!record.is_root) return;
    const TagsWritten written = put(to, *draft.trace, record.decision);
    of_trace.bytes = static_cast<std::uint32_t>(written.end - to);
    of_trace.count = written.count;
    put_map(header, entries.count() + written.count);
    to = written.end;
  };
  to = put_key(to, "metrics");
  record.metrics_at = static_cast<std::uint32_t>(to - begin);
  put_entries(draft.metrics, record.trace_metrics, put_trace_metrics);
  to = put_key(to, "meta");
  record.meta_at = static_cast<std::uint32_t>(to - begin);
  put_entries(draft.meta, record.trace_meta, put_trace_meta);

  record.span_bytes = static_cast<std::uint32_t>(to - begin);
  record.event_bytes = 0;
  record.judges = false;
  return to;
}

}  // namespace pawl::trace
