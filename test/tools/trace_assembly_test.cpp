#include "tools/trace_assembly.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using namespace std::chrono_literals;
using pawl::test::span_of;
using pawl::tools::Trace;
using pawl::tools::TraceAssembly;
using pawl::tools::TraceChunk;
using pawl::tools::TraceSpan;

TraceSpan of_trace(std::uint64_t trace, std::uint64_t id) {
  TraceSpan span = span_of("x", id);
  span.trace_id = trace;
  return span;
}

struct Assembled {
  std::vector<Trace> traces;
  TraceAssembly assembly{100ms, [this](const Trace& trace) { traces.push_back(trace); }};
  TraceAssembly::Time now{};

  std::size_t add(std::uint64_t trace, std::uint64_t id) {
    return assembly.add({of_trace(trace, id)}, now);
  }
};

TEST_CASE("chunks of one trace are one trace once no more has come for the window") {
  Assembled made;
  made.add(7, 1);
  made.now += 60ms;
  made.add(7, 2);
  made.now += 99ms;
  made.assembly.release(made.now);
  CHECK(made.traces.empty());
  made.now += 1ms;
  made.assembly.release(made.now);
  REQUIRE(made.traces.size() == 1);
  CHECK(made.traces[0].spans.size() == 2);
  CHECK(made.traces[0].chunks == 2);
  CHECK_FALSE(made.assembly.due().has_value());
}

TEST_CASE("traces are kept apart, and each is due a window after its last chunk") {
  Assembled made;
  made.add(7, 1);
  const auto first = made.now + 100ms;
  made.now += 10ms;
  made.add(8, 1);
  CHECK(made.assembly.due() == first);
  made.add(7, 2);
  CHECK(made.assembly.due() == made.now + 100ms);
  made.assembly.release_all();
  REQUIRE(made.traces.size() == 2);
  CHECK(made.traces[0].low == 8);
  CHECK(made.traces[1].spans.size() == 2);
}

TEST_CASE("the high half of the id and the priority come from whichever chunk has them") {
  Assembled made;
  made.add(7, 1);
  TraceSpan span = of_trace(7, 2);
  span.meta["_dd.p.tid"] = "6893d5b000000000";
  span.metrics["_sampling_priority_v1"] = 2;
  made.assembly.add({span}, made.now);
  made.assembly.release_all();
  CHECK(made.traces[0].id() == "6893d5b0000000000000000000000007");
  CHECK(made.traces[0].priority == 2);
}

TEST_CASE("a span that comes again is counted") {
  Assembled made;
  CHECK(made.add(7, 1) == 0);
  CHECK(made.add(8, 1) == 0);
  CHECK(made.add(7, 1) == 1);
}

TEST_CASE("a trace that never pauses goes in pieces") {
  Assembled made;
  for (std::uint64_t id = 1; id <= 100; ++id, made.now += 50ms) made.add(7, id);
  CHECK(made.traces.size() == 2);
}

TEST_CASE("what is held is bounded, and the trace that was quiet longest goes first") {
  Assembled made;
  for (std::uint64_t trace = 1; trace <= 200; ++trace) {
    TraceSpan span = of_trace(trace, 1);
    span.meta["k"] = std::string(std::size_t{1} << 20, 'x');
    made.assembly.add({std::move(span)}, made.now);
  }
  REQUIRE(made.traces.size() >= 72);
  CHECK(made.traces.size() < 80);
  CHECK(made.traces.front().low == 1);
}

TEST_CASE("a trace lasts from its first start to its last end") {
  Trace trace;
  trace.spans = {span_of("a", 1), span_of("b", 500)};
  CHECK(trace.duration() == 1'000'499);
  CHECK(Trace{}.duration() == 0);
}

}  // namespace
