#include "tools/trace_listening.h"

#include <utility>

#include "tools/trace_show.h"

namespace pawl::tools {

TraceListening::TraceListening(asio::io_context& io, TracePlan plan, OnSeen on_seen)
    : on_seen_(std::move(on_seen)),
      assembly_(plan.window,
                [this](const Trace& trace) {
                  summary_.count_trace();
                  on_seen_({to_lines(trace), to_json(trace)});
                }),
      intake_(std::move(plan.script), sink()),
      timer_(io),
      http_(
          io,
          [this](const HttpRequest& request) {
            summary_.count_request(request.body.size());
            return intake_.answer(request);
          },
          [this](std::string_view why) { refuse(std::string{why}); }) {}

TraceIntake::Sink TraceListening::sink() {
  return {.chunk = [this](TraceChunk chunk) { take_chunk(std::move(chunk)); },
          .span_event =
              [this](const LlmobsItem& item) {
                summary_.count_span_event();
                on_seen_({{item.line}, item.json});
              },
          .evaluation =
              [this](const LlmobsItem& item) {
                summary_.count_evaluation();
                on_seen_({{item.line}, item.json});
              },
          .refused = [this](const std::string& what) { refuse(what); },
          .repaired = [this](const std::string& what) { summary_.repair(what); },
          .as_told = [this] { summary_.count_as_told(); }};
}

void TraceListening::refuse(const std::string& what) {
  summary_.reject(what);
  on_seen_({{"rejected: " + what}, {}});
}

void TraceListening::take_chunk(TraceChunk chunk) {
  const std::size_t spans = chunk.size();
  const bool waits = assembly_.due().has_value();
  const std::size_t repeated = assembly_.add(std::move(chunk), std::chrono::steady_clock::now());
  summary_.count_chunk(spans, repeated);
  if (!waits) await_due();
}

void TraceListening::await_due() {
  const auto due = assembly_.due();
  if (!due) return;
  timer_.expires_at(*due);
  timer_.async_wait([this](asio::error_code error) {
    if (error) return;
    assembly_.release(std::chrono::steady_clock::now());
    await_due();
  });
}

void TraceListening::finish() {
  http_.drain();
  assembly_.release_all();
}

}  // namespace pawl::tools
