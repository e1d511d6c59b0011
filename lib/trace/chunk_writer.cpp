#include "trace/chunk_writer.h"

#include "trace/msgpack.h"
#include "trace/trace_tags.h"

namespace pawl::trace {

namespace {

using namespace msgpack;

constexpr std::size_t kMetaKey = 5;  // "meta", in front of its header

const Record* first_of(const TraceState& trace) noexcept {
  const Record* first = nullptr;
  each_waiting(trace, [&first](const Record& record) {
    if (first == nullptr || record.is_root) first = &record;
    return !record.is_root;
  });
  return first;
}

}  // namespace

bool ChunkWriter::write(const TraceState& trace, Events events) noexcept {
  const std::size_t spans_before = spans_.size();
  const std::size_t evaluations_before = evaluations_.size();
  road_ = events;
  events_at_ = events_.size();
  events_apart_ = 0;
  if (write_all(trace)) return true;
  spans_.written_to(spans_.data() + spans_before);
  events_.written_to(events_.data() + events_at_);
  evaluations_.written_to(evaluations_.data() + evaluations_before);
  return false;
}

bool ChunkWriter::write_all(const TraceState& trace) noexcept {
  char* const header = spans_.room(kArrayHeader);
  if (header == nullptr) return false;
  spans_.written_to(put_array(header, trace.waiting));
  const Record* const first = first_of(trace);
  if (!write_first(*first, trace)) return false;
  const bool all = trace.waiting == 1 || each_waiting(trace, [this, first](const Record& record) {
                     return &record == first || write_span(record);
                   });
  if (events_apart_ != 0) put_array(events_.data() + events_at_, events_apart_);
  return all;
}

bool ChunkWriter::write_span(const Record& record) noexcept {
  const std::size_t map_at = spans_.size();
  return spans_.append(record.span()) && (record.event_bytes == 0 || write_told(record, map_at));
}

bool ChunkWriter::write_first(const Record& record, const TraceState& trace) noexcept {
  if (record.is_root && record.decision == trace.decision.get()) return write_span(record);
  const std::size_t map_at = spans_.size();
  return write_anew(record, trace) && (record.event_bytes == 0 || write_told(record, map_at));
}

bool ChunkWriter::write_anew(const Record& record, const TraceState& trace) noexcept {
  const Decision decision = trace.decision.get();
  const std::string_view span = record.span();
  char* to = spans_.room(span.size() + most_trace_tag_bytes(trace));
  if (to == nullptr) return false;
  const auto copy = [&to, span](std::size_t begin, std::size_t end) {
    to = put_bytes(to, span.data() + begin, end - begin);
  };
  const auto put_map_anew = [&](std::size_t at, std::size_t end, TraceTags old, const auto& put) {
    char* const header = to;
    to += kMapHeader;
    copy(at + kMapHeader, end - old.bytes);
    const TagsWritten written = put(to, trace, decision);
    put_map(header, read_map(span.data() + at) - old.count + written.count);
    to = written.end;
  };
  const std::size_t metrics_end = record.meta_at - kMetaKey;
  copy(0, record.metrics_at);
  put_map_anew(record.metrics_at, metrics_end, record.trace_metrics, put_trace_metrics);
  copy(metrics_end, record.meta_at);
  put_map_anew(record.meta_at, span.size(), record.trace_meta, put_trace_meta);
  spans_.written_to(to);
  return true;
}

// The span's map is the last thing written; it has fewer than 15 entries.
bool ChunkWriter::write_told(const Record& record, std::size_t map_at) noexcept {
  if (record.judges && !evaluations_.append(record.evaluation())) return false;
  if (road_ == Events::apart) return write_event_apart(record);
  char* to = spans_.room(40 + record.event_bytes);
  if (to == nullptr) return false;
  spans_.data()[map_at] = static_cast<char>(spans_.data()[map_at] + 1);
  to = put_byte(put_key(to, "meta_struct"), 0x81);
  to = put_binary_header(put_key(to, "_llmobs"), record.event_bytes);
  spans_.written_to(put_bytes(to, record.event().data(), record.event_bytes));
  return true;
}

bool ChunkWriter::write_event_apart(const Record& record) noexcept {
  char* to = events_.room(kArrayHeader + record.event_bytes);
  if (to == nullptr) return false;
  if (events_apart_++ == 0) to += kArrayHeader;
  events_.written_to(put_bytes(to, record.event().data(), record.event_bytes));
  return true;
}

}  // namespace pawl::trace
