#pragma once
// Chunks put together to traces. The chunks of one trace come in any order and from several
// programs; a trace is whole when no more of it has come for a while. What is held is bounded:
// beyond it the trace that was quiet longest goes first, and a trace that never pauses goes in
// pieces.
//
// Threads: one at a time. The time comes from outside.

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tools/trace_span.h"

namespace pawl::tools {

struct Trace {
  std::uint64_t high = 0;  // of the id, where a chunk told it
  std::uint64_t low = 0;
  std::vector<TraceSpan> spans;  // in the order of arrival
  std::size_t chunks = 0;
  std::optional<double> priority;  // of sampling, where a chunk told it

  // Gives the id as 32 hexadecimal digits.
  std::string id() const;
  // From the first start to the last end, in nanoseconds.
  std::int64_t duration() const;
};

class TraceAssembly {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using OnTrace = std::function<void(const Trace&)>;

  TraceAssembly(std::chrono::milliseconds window, OnTrace on_trace)
      : window_(window), on_trace_(std::move(on_trace)) {}

  // Takes a chunk, which is not empty and of one trace. Gives how many of its spans the trace had
  // already, by their ids.
  std::size_t add(TraceChunk chunk, Time now);

  // Hands over the traces that were quiet for the window.
  void release(Time now);
  void release_all();
  // Tells when the next one is due.
  std::optional<Time> due() const;

 private:
  struct Open {
    Trace trace;
    std::unordered_set<std::uint64_t> ids;
    std::size_t bytes = 0;
    Time first;
    Time last;
  };
  using Opens = std::list<Open>;  // the one that was quiet longest first

  Open& touch(std::uint64_t id, Time now);
  void release(Opens::iterator which);

  const std::chrono::milliseconds window_;
  const OnTrace on_trace_;
  Opens opens_;
  std::unordered_map<std::uint64_t, Opens::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace pawl::tools
