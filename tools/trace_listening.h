#pragma once
// The trace intake of a listener, whole: the HTTP server, what it accepted put together to traces,
// and a summary at the end.
//
//     TraceListening traces{io, plan, [](const TraceListening::Seen& seen) { print(seen.lines); }};
//     if (const auto error = traces.open(endpoint)) ...
//     traces.finish();   // takes what was sent before, and hands over what is held
//
// Threads: the io_context's; any one while it does not run.
// Errors: open() says why.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "tools/http_server.h"
#include "tools/trace_assembly.h"
#include "tools/trace_intake.h"
#include "tools/trace_summary.h"

namespace pawl::tools {

struct TracePlan {
  TraceScript script = {};
  // A trace is whole when no more of it has come for so long.
  std::chrono::milliseconds window{500};
};

class TraceListening {
 public:
  // Something that was received, as text: a trace, an event of a span, an evaluation; or something
  // that was refused.
  struct Seen {
    std::vector<std::string> lines;
    std::string json;  // empty for what was refused
  };
  using OnSeen = std::function<void(const Seen&)>;

  TraceListening(asio::io_context& io, TracePlan plan, OnSeen on_seen);

  std::optional<Error> open(const Endpoint& endpoint) { return http_.open(endpoint); }
  const std::vector<Endpoint>& endpoints() const noexcept { return http_.endpoints(); }

  void finish();

  const TraceSummary& summary() const noexcept { return summary_; }

 private:
  TraceIntake::Sink sink();
  void refuse(const std::string& what);
  void take_chunk(TraceChunk chunk);
  void await_due();

  const OnSeen on_seen_;
  TraceSummary summary_;
  TraceAssembly assembly_;
  TraceIntake intake_;
  asio::steady_timer timer_;
  HttpServer http_;
};

}  // namespace pawl::tools
