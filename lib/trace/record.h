#pragma once

// A span that has ended, as it lies in its thread's arena until it is sent: this header, the span's
// map, and its event of LLM Observability and its verdict on another span where it has them. The
// map of tags is its last value, that of numbers the one before, and both have headers of fixed
// length, so that what is said of the whole trace can be put in, or put right, at their ends.
//
// What is sent needs no copy: in front of the map is room for the header of a chunk, and the event
// has in front of it what makes it the map's next value, `meta_struct`.
//
// Threads: written by the thread that ends the span, then the flusher's.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "trace/decision.h"
#include "trace/evaluation.h"
#include "trace/msgpack.h"

namespace pawl::trace {

struct Draft;
struct TraceState;

// Tags that a span says of its whole trace; none, but in the first of a trace in this process.
struct TraceTags {
  std::uint32_t bytes = 0;
  std::uint32_t count = 0;
};

// What is in front of an event: "meta_struct", a map of one, "_llmobs", a binary.
inline constexpr std::size_t kEventKeyBytes = 12 + 1 + 8 + msgpack::kBinaryHeader;
char* put_event_key(char* to, std::size_t event_bytes) noexcept;

struct Record {
  TraceState* trace;
  Record* next;               // of the same trace
  std::uint32_t bytes;        // of all, with this header; a multiple of 8
  std::uint32_t span_bytes;   // of the span's map
  std::uint32_t metrics_at;   // where in it the numbers' header is
  std::uint32_t meta_at;      // and that of the tags
  std::uint32_t event_bytes;  // of the event, behind the map
  TraceTags trace_metrics;    // those at its numbers' end
  TraceTags trace_meta;       // and at its tags' end
  Decision decision;          // that these tell
  bool is_root;               // the first span of its trace in this process
  bool judges;                // an Evaluation stands behind the event
  char unused[3];
  char chunk_header[msgpack::kArrayHeader];  // up to the map

  char* map() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* map() const noexcept { return reinterpret_cast<const char*>(this + 1); }
  std::string_view span() const noexcept { return {map(), span_bytes}; }
  std::string_view event() const noexcept {
    return {map() + span_bytes + (event_bytes == 0 ? 0 : kEventKeyBytes), event_bytes};
  }
  // What follows the map where the event rides in it.
  std::string_view meta_struct() const noexcept {
    return {map() + span_bytes, event_bytes == 0 ? 0 : kEventKeyBytes + event_bytes};
  }
  std::string_view evaluation() const noexcept {
    return {event().data() + event_bytes, judges ? sizeof(Evaluation) : 0};
  }
};

static_assert(offsetof(Record, chunk_header) + msgpack::kArrayHeader == sizeof(Record));

// Gives a bound for the bytes of a span's record, without its event.
std::size_t most_record_bytes(const Draft& draft) noexcept;

// Writes the record of a span that took so many nanoseconds; gives its end. REQUIRES: room for
// most_record_bytes().
char* write_record(Record& record, const Draft& draft, std::int64_t duration) noexcept;

}  // namespace pawl::trace
