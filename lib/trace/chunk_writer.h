#pragma once

// From the records of a trace to a chunk of a v0.4 body: an array of the spans' maps, copied as
// they are. The first says what holds for the trace (trace_tags.h): it is the trace's first span
// where that is among them, which has said so already; only where it has not, or the decision
// changed after it ended, is a map put together anew.
//
// Threads: one at a time. Errors: no memory is told, and nothing was written then.

#include <cstdint>
#include <string_view>

#include "trace/bytes.h"
#include "trace/record.h"
#include "trace/trace_state.h"

namespace pawl::trace {

class ChunkWriter {
 public:
  // Where the events of LLM Observability go.
  enum class Events : std::uint8_t { into_spans, apart };

  ChunkWriter(Bytes& spans, Bytes& events, Bytes& evaluations) noexcept
      : spans_(spans), events_(events), evaluations_(evaluations) {}

  // Appends the spans of the trace that wait, and their events where they go apart and their
  // evaluations; tells whether there was memory. REQUIRES: some wait.
  bool write(const TraceState& trace, Events events) noexcept;

  // Tells how many events the last chunk has apart.
  std::uint32_t events_apart() const noexcept { return events_apart_; }

 private:
  bool write_all(const TraceState& trace) noexcept;
  bool write_span(const Record& record) noexcept;
  bool write_first(const Record& record, const TraceState& trace) noexcept;
  bool write_anew(const Record& record, const TraceState& trace) noexcept;
  bool write_told(const Record& record, std::size_t map_at) noexcept;
  bool write_event_apart(const Record& record) noexcept;

  Bytes& spans_;
  Bytes& events_;
  Bytes& evaluations_;  // one Evaluation after the other
  Events road_ = Events::apart;
  std::size_t events_at_ = 0;  // of the chunk
  std::uint32_t events_apart_ = 0;
};

// Calls visit(record) for each record of the trace that waits, in the order in which they came,
// until it says false; tells whether it never did.
template <class Visit>
bool each_waiting(const TraceState& trace, const Visit& visit) {
  const char* at = trace.kept.data();
  const char* const end = at + trace.kept.size();
  while (at != end) {
    const auto& record = *reinterpret_cast<const Record*>(at);
    if (!visit(record)) return false;
    at += record.bytes;
  }
  for (const Record* record = trace.first; record != nullptr; record = record->next)
    if (!visit(*record)) return false;
  return true;
}

}  // namespace pawl::trace
