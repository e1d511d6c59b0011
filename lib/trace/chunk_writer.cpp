#include "trace/chunk_writer.h"

#include "trace/msgpack.h"
#include "trace/trace_tags.h"

namespace pawl::trace {

namespace {

using namespace msgpack;

constexpr std::size_t kMetaKey = 5;  // "meta", in front of its header

Record* first_of(TraceState& trace) noexcept {
  Record* first = nullptr;
  each_waiting(trace, [&first](Record& record) {
    if (first == nullptr || record.is_root) first = &record;
    return !record.is_root;
  });
  return first;
}

// It has fewer than 15 entries.
void count_one_more(char* map) noexcept { *map = static_cast<char>(*map + 1); }

}  // namespace

bool ChunkWriter::write(TraceState& trace, Events events) {
  road_ = events;
  events_at_ = to_.events.size();
  events_apart_ = 0;
  Record* const first = first_of(trace);
  if (!write_first(*first, trace)) return false;
  const bool all = trace.waiting == 1 || each_waiting(trace, [this, first](Record& record) {
                     return &record == first || write_span(record);
                   });
  if (events_apart_ != 0) put_array(to_.events.data() + events_at_, events_apart_);
  return all;
}

bool ChunkWriter::write_first(Record& record, TraceState& trace) {
  put_array(record.chunk_header, trace.waiting);
  if (!record.is_root || record.decision != trace.decision.get()) return write_anew(record, trace);
  if (!write_span(record)) return false;
  std::string_view& part = to_.parts.back();
  part = {record.chunk_header, kArrayHeader + part.size()};
  return true;
}

bool ChunkWriter::write_span(Record& record) {
  std::size_t bytes = record.span_bytes;
  if (rides(record)) {
    count_one_more(record.map());
    bytes += record.meta_struct().size();
  }
  to_.parts.push_back({record.map(), bytes});
  return write_told(record);
}

bool ChunkWriter::write_anew(const Record& record, const TraceState& trace) {
  const Decision decision = trace.decision.get();
  const std::string_view span = record.span();
  const std::string_view event = rides(record) ? record.meta_struct() : std::string_view{};
  Bytes& own = to_.own.emplace_back();
  char* to = own.room(kArrayHeader + span.size() + most_trace_tag_bytes(trace) + event.size());
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
  to = put_bytes(to, record.chunk_header, kArrayHeader);
  char* const map = to;
  const std::size_t metrics_end = record.meta_at - kMetaKey;
  copy(0, record.metrics_at);
  put_map_anew(record.metrics_at, metrics_end, record.trace_metrics, put_trace_metrics);
  copy(metrics_end, record.meta_at);
  put_map_anew(record.meta_at, span.size(), record.trace_meta, put_trace_meta);
  if (!event.empty()) count_one_more(map);
  own.written_to(put_bytes(to, event.data(), event.size()));
  to_.parts.push_back(own.view());
  return write_told(record);
}

bool ChunkWriter::write_told(const Record& record) noexcept {
  if (record.event_bytes == 0) return true;
  if (record.judges && !to_.evaluations.append(record.evaluation())) return false;
  return road_ == Events::into_spans || write_event_apart(record);
}

bool ChunkWriter::write_event_apart(const Record& record) noexcept {
  char* to = to_.events.room(kArrayHeader + record.event_bytes);
  if (to == nullptr) return false;
  if (events_apart_++ == 0) to += kArrayHeader;
  to_.events.written_to(put_bytes(to, record.event().data(), record.event_bytes));
  return true;
}

}  // namespace pawl::trace
