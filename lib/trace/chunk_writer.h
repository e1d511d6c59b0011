#pragma once

// From the records of a trace to a chunk of a v0.4 body: an array of the spans' maps. What is sent
// is where it was written, in the arenas or in what was kept of the trace; a chunk is a list of its
// parts. The first span says what holds for the trace (trace_tags.h): it is the trace's first where
// that is among them, which has said so already; only where it has not, or the decision changed
// after it ended, is a map put together anew.
//
// Threads: one at a time. Errors: no memory is told, or thrown as std::bad_alloc; what was written
// then is cut off by the caller.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/bytes.h"
#include "trace/record.h"
#include "trace/trace_state.h"

namespace pawl::trace {

// Chunks that wait to be sent.
struct Chunks {
  std::vector<std::string_view> parts;  // of all of them, one after the other
  std::vector<Bytes> own;               // what parts are in that are in no arena
  Bytes events;                         // those that do not ride in their spans
  Bytes evaluations;                    // one Evaluation after the other
};

class ChunkWriter {
 public:
  // Where the events of LLM Observability go.
  enum class Events : std::uint8_t { into_spans, apart };

  explicit ChunkWriter(Chunks& to) noexcept : to_(to) {}

  // Appends the spans of the trace that wait, and their events where they go apart and their
  // evaluations; tells whether there was memory. REQUIRES: some wait.
  bool write(TraceState& trace, Events events);

  // Tells how many events the last chunk has apart.
  std::uint32_t events_apart() const noexcept { return events_apart_; }

 private:
  bool write_span(Record& record);
  bool write_first(Record& record, TraceState& trace);
  bool write_anew(const Record& record, const TraceState& trace);
  bool rides(const Record& record) const noexcept {
    return road_ == Events::into_spans && record.event_bytes != 0;
  }
  bool write_told(const Record& record) noexcept;
  bool write_event_apart(const Record& record) noexcept;

  Chunks& to_;
  Events road_ = Events::apart;
  std::size_t events_at_ = 0;  // of the chunk
  std::uint32_t events_apart_ = 0;
};

// Calls visit(record) for each record of the trace that waits, in the order in which they came,
// until it says false; tells whether it never did.
template <class Visit>
bool each_waiting(TraceState& trace, const Visit& visit) {
  char* at = trace.kept.data();
  char* const end = at + trace.kept.size();
  while (at != end) {
    auto& record = *reinterpret_cast<Record*>(at);
    at += record.bytes;
    if (!visit(record)) return false;
  }
  for (Record* record = trace.first; record != nullptr; record = record->next)
    if (!visit(*record)) return false;
  return true;
}

}  // namespace pawl::trace
