#pragma once

// The log line of a request: one JSON object a line, to a file descriptor, a file or a callback. It
// is written by a background thread; a sink that stalls or fails costs lines, which are counted,
// and never time of the program. With Background::manual it is written by who calls flush() or
// close(), and there the program's own sink can hold it up: see LogOptions::background.
//
//     {"event":"llm_request_completed","dd.trace_id":"0","dd.span_id":"0","dd.service":"ai-api",
//      "provider":"openai","model":"gpt-4.1","input_tokens":1840,"output_tokens":312,
//      "latency_ms":1430.5,"outcome":"ok","status":"info"}
//
// What is not known is left out, but the ids, which are "0" then. No field holds text of a prompt
// or an answer. Bytes that are no UTF-8 become U+FFFD. `status` is "error" after error() was told,
// also when the request was then abandoned.
//
// Threads: values. Cost: none. Errors: see LogDrop.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "pawl/detail/export.h"
#include "pawl/options.h"

namespace pawl::llm {

struct LogOptions {
  // Where lines go: the first of these three that is set; none: no lines.
  //
  // Gets each line, without its line end, from the background thread or, without one, from the
  // caller of flush() or close(); one at a time. It must not flush or close the recorder. A line
  // for which it throws is counted, and the next one comes. When it forks and comes back in the
  // child, the child has nothing of what waited.
  std::function<void(std::string_view)> callback = {};
  // A path. Opened for appending, and made if need be, when the first line is written; opened anew
  // when another file (or none) has taken its place.
  std::string file = {};
  // A descriptor of the program (1 is stdout), of which the recorder keeps a duplicate. Lines are
  // written when it can take them; it is never made non-blocking. To a pipe that others write to as
  // well, lines of up to 4,096 bytes (PIPE_BUF) go whole.
  int descriptor = -1;

  // How many lines may wait, 16 to 65,536 (rounded up to a power of two); about 900 bytes each.
  std::size_t capacity = 1024;

  // `threads`: a thread of the log writes, within 0.2 s, and at once when half of `capacity` waits;
  // flush() and close() wait for it, never longer than they were told. `manual`, and where no
  // thread can be made: flush() and close() write, and look at the time between two writes. One
  // write that blocks holds their caller up for as long as it does: a callback, a slow disk, and a
  // blocking pipe or socket that somebody else fills at that moment.
  Background background = Background::threads;
};

// Why a line was not written.
enum class LogDrop : std::uint8_t {
  queue_full,  // as many as may wait did: the newest went
  failed,      // the sink refused it (errno of write or open; the callback threw)
  closed,      // still waiting at the deadline of close(), or later than it
};
inline constexpr std::size_t kLogDrops = 3;
PAWL_API std::string_view to_string(LogDrop reason) noexcept;

// Where the lines are: each is written, dropped or pending. Totals since the recorder was made; in
// a forked child, since the fork.
struct LogStats {
  std::uint64_t written = 0;
  std::uint64_t pending = 0;
  std::array<std::uint64_t, kLogDrops> dropped{};

  std::uint64_t operator[](LogDrop reason) const noexcept {
    return dropped[static_cast<std::size_t>(reason)];
  }
};

}  // namespace pawl::llm
