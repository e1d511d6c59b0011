#include "trace/chunk_writer.h"

#include <pawl/trace_context.h>

#include "base/number.h"
#include "trace/msgpack.h"
#include "trace/propagation.h"

namespace pawl::trace {

namespace {

using namespace msgpack;

constexpr std::size_t kMetaKey = 5;  // "meta", in front of its header

// What the first span of a chunk gets; the texts of a remote parent may be some hundred bytes.
class Extras {
 public:
  Extras(const TraceState& trace, Bytes& metrics, Bytes& meta) noexcept
      : metrics_(metrics), meta_(meta) {
    metrics.clear();
    meta.clear();
    const Decision decision = trace.decision.get();
    number("_sampling_priority_v1", decision.priority);
    if (decision.mechanism == Mechanism::agent_rate) number("_dd.agent_psr", trace.rate);
    if (decision.mechanism == Mechanism::rule) number("_dd.rule_psr", trace.rate);
    if (decision.priority > 0) add_decision_maker(trace, decision.mechanism);
    if (trace.high != 0) add_high_half(trace.high);
    if (trace.inherited) add_inherited(trace.inherited->trace_tags);
  }

  const Bytes& metrics() const noexcept { return metrics_; }
  const Bytes& meta() const noexcept { return meta_; }
  std::size_t metrics_count() const noexcept { return metrics_count_; }
  std::size_t meta_count() const noexcept { return meta_count_; }
  bool had_memory() const noexcept { return had_memory_; }

 private:
  void number(std::string_view key, double value) noexcept {
    char* const to = metrics_.room(kTextHeader + key.size() + kNumber);
    if (to == nullptr) {
      had_memory_ = false;
      return;
    }
    metrics_.written_to(put_double(put_text(to, key), value));
    ++metrics_count_;
  }
  void text(std::string_view key, std::string_view value) noexcept {
    char* const to = meta_.room(2 * kTextHeader + key.size() + value.size());
    if (to == nullptr) {
      had_memory_ = false;
      return;
    }
    meta_.written_to(put_text(put_text(to, key), value));
    ++meta_count_;
  }

  void add_decision_maker(const TraceState& trace, Mechanism mechanism) noexcept {
    if (mechanism != Mechanism::inherited)
      text("_dd.p.dm",
           base::NumberText{-static_cast<int>(mechanism)}.view() == "0"
               ? "-0"
               : base::NumberText{-static_cast<int>(mechanism)}.view());
    else if (trace.inherited && !trace.inherited->decision_maker.empty())
      text("_dd.p.dm", trace.inherited->decision_maker);
  }
  void add_high_half(std::uint64_t high) noexcept {
    constexpr std::string_view kDigits = "0123456789abcdef";
    char digits[16];
    for (unsigned i = 0; i < 16; ++i) digits[i] = kDigits[high >> (60 - 4 * i) & 0xfU];
    text("_dd.p.tid", {digits, sizeof digits});
  }
  void add_inherited(std::string_view tags) noexcept {
    while (!tags.empty()) {
      const std::string_view tag = take_member(tags, ',');
      const auto equals = tag.find('=');
      if (equals != std::string_view::npos) text(tag.substr(0, equals), tag.substr(equals + 1));
    }
  }

  Bytes& metrics_;
  Bytes& meta_;
  std::size_t metrics_count_ = 0;
  std::size_t meta_count_ = 0;
  bool had_memory_ = true;
};

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
  const std::size_t events_before = events_.size();
  const std::size_t evaluations_before = evaluations_.size();
  road_ = events;
  events_apart_ = 0;
  if (write_all(trace)) return true;
  spans_.written_to(spans_.data() + spans_before);
  events_.written_to(events_.data() + events_before);
  evaluations_.written_to(evaluations_.data() + evaluations_before);
  return false;
}

bool ChunkWriter::write_all(const TraceState& trace) noexcept {
  char* const header = spans_.room(kArrayHeader);
  char* const events_header = events_.room(kArrayHeader);
  if (header == nullptr || events_header == nullptr) return false;
  spans_.written_to(put_array(header, trace.waiting));
  const std::size_t events_at = events_.size();
  events_.written_to(put_array(events_header, 0));
  const Record* const first = first_of(trace);
  if (!write_first(*first, trace)) return false;
  const bool all = each_waiting(trace, [this, first](const Record& record) {
    return &record == first || write_span(record);
  });
  if (events_apart_ == 0)
    events_.written_to(events_.data() + events_at);
  else
    put_array(events_.data() + events_at, events_apart_);
  return all;
}

bool ChunkWriter::write_span(const Record& record) noexcept {
  const std::size_t map_at = spans_.size();
  return spans_.append(record.span()) && (record.event_bytes == 0 || write_event(record, map_at));
}

bool ChunkWriter::write_first(const Record& record, const TraceState& trace) noexcept {
  const Extras extras{trace, metrics_, meta_};
  const std::string_view span = record.span();
  const std::size_t map_at = spans_.size();
  char* to = spans_.room(span.size() + extras.metrics().size() + extras.meta().size());
  if (to == nullptr || !extras.had_memory()) return false;
  const auto copy = [&to](std::string_view bytes) {
    to = put_bytes(to, bytes.data(), bytes.size());
  };
  const std::size_t metrics_end = record.meta_at - kMetaKey;
  const std::size_t metrics = record.metrics_at + kMapHeader;
  copy(span.substr(0, record.metrics_at));
  to = put_map(to, read_map(span.data() + record.metrics_at) + extras.metrics_count());
  copy(span.substr(metrics, metrics_end - metrics));
  copy(extras.metrics().view());
  copy(span.substr(metrics_end, kMetaKey));
  to = put_map(to, read_map(span.data() + record.meta_at) + extras.meta_count());
  copy(span.substr(record.meta_at + kMapHeader));
  copy(extras.meta().view());
  spans_.written_to(to);
  return record.event_bytes == 0 || write_event(record, map_at);
}

// The span's map is the last thing written; it has fewer than 15 entries.
bool ChunkWriter::write_event(const Record& record, std::size_t map_at) noexcept {
  if (record.judges && !evaluations_.append(record.evaluation())) return false;
  if (road_ == Events::apart) {
    ++events_apart_;
    return events_.append(record.event());
  }
  char* to = spans_.room(40 + record.event_bytes);
  if (to == nullptr) return false;
  spans_.data()[map_at] = static_cast<char>(spans_.data()[map_at] + 1);
  to = put_byte(put_key(to, "meta_struct"), 0x81);
  to = put_binary_header(put_key(to, "_llmobs"), record.event_bytes);
  spans_.written_to(put_bytes(to, record.event().data(), record.event_bytes));
  return true;
}

}  // namespace pawl::trace
