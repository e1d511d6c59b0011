// The verdicts of eval.score spans: one evaluation each, of the span that they judge.

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <pawl/llm.h>
#include <pawl/trace_llm.h>

#include "llm/recorder_memory.h"
#include "trace/memory_tracer.h"

namespace {

using nlohmann::json;
using pawl::test::MemoryRecorder;
using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::trace::Fate;
using pawl::trace::Span;
using pawl::trace::TraceStats;
using namespace std::chrono_literals;
namespace trace = pawl::trace;

pawl::trace::TracerOptions observed() {
  auto options = quiet_tracer();
  options.llmobs = {.enabled = pawl::Switch::on, .ml_app = "app"};
  return options;
}

struct Observed : MemoryTracer {
  Observed() : MemoryTracer(observed()) {}

  std::vector<json> evaluations() {
    tracer.flush();
    std::vector<json> parsed;
    for (const std::string& text : far->evaluations) parsed.push_back(json::parse(text));
    far->evaluations.clear();
    return parsed;
  }
  json one_evaluation() {
    const auto all = evaluations();
    REQUIRE(all.size() == 1);
    return all[0];
  }
};

std::string judged(const json& evaluation) { return evaluation["join_on"]["span"]["span_id"]; }

TEST_CASE("a check of a request is an evaluation of it, once") {
  Observed t;
  Span request = trace::llm_request(t.tracer, {.model = "m"});
  trace::eval(request, {.name = "rag.faithful", .type = "judge", .pass = true, .score = 0.75})
      .finish();
  const std::string id = std::to_string(request.id());
  request.finish();
  const json seen = t.one_evaluation();
  CHECK(judged(seen) == id);
  CHECK(seen["label"] == "rag_faithful");
  CHECK(seen["score_value"] == 0.75);
  CHECK(seen["assessment"] == "pass");
  CHECK(seen["ml_app"] == "app");
  CHECK(seen["tags"] == json{"type:judge"});
  CHECK(t.evaluations().empty());
  const TraceStats stats = t.tracer.stats();
  CHECK(stats.evaluations == 1);
  CHECK(stats.evaluations_accepted == 1);
  CHECK(stats.evaluations_lost == 0);
}

TEST_CASE("an evaluation names trace and span as the event of the request does") {
  Observed t;
  Span request = trace::llm_request(t.tracer, {.model = "m"});
  trace::eval(request, {.name = "safe", .pass = true}).finish();
  request.finish();
  t.tracer.flush();
  const json events = json::parse(pawl::test::to_json_text(t.far->take().at(0).events));
  const json span = t.one_evaluation()["join_on"]["span"];
  const json* named = nullptr;
  for (const json& event : events)
    if (event["meta"]["span"]["kind"] == "llm") named = &event;
  REQUIRE(named != nullptr);
  CHECK(span["span_id"] == (*named)["span_id"]);
  CHECK(span["trace_id"] == (*named)["trace_id"]);
}

TEST_CASE("what a check finds later counts, and a span between it and the request does not") {
  Observed t;
  Span request = trace::llm_request(t.tracer, {.model = "m"});
  Span between = request.child("postprocess");
  Span check = trace::eval(between, {.name = "safe"});
  trace::tell(check, trace::Eval{.score = std::numeric_limits<double>::quiet_NaN()});
  trace::tell(check, trace::Eval{.pass = false});
  t.clock->advance(1'500ms);
  const auto ended = t.clock->wall_now().time_since_epoch();
  check.finish();
  between.finish();
  const std::string id = std::to_string(request.id());
  request.finish();
  const json seen = t.one_evaluation();
  CHECK(judged(seen) == id);
  CHECK(seen["boolean_value"] == false);
  CHECK(seen["timestamp_ms"] ==
        std::chrono::duration_cast<std::chrono::milliseconds>(ended).count());
}

TEST_CASE("a check outside of any request is an evaluation of its parent") {
  Observed t;
  Span root = t.tracer.start("http.request");
  trace::eval(root, {.name = "safe", .pass = true}).finish();
  const std::string id = std::to_string(root.id());
  root.finish();
  CHECK(judged(t.one_evaluation()) == id);
}

TEST_CASE("the checks of a recorder's request are evaluations of its span") {
  Observed t;
  MemoryRecorder llm{{.span_hook = trace::llm_spans(t.tracer)}};
  auto request = llm->start({.model = "m"});
  request.eval("helpful", 0.5);
  request.eval("short", 1);
  request.finish();
  const auto all = t.evaluations();
  REQUIRE(all.size() == 2);
  CHECK(all[0]["label"] == "helpful");
  CHECK(all[0]["score_value"] == 0.5);
  CHECK(all[1]["label"] == "short");
  const auto spans = t.far->take().at(0).spans;
  for (const auto& span : spans)
    if (span.name == "llm.request") CHECK(judged(all[1]) == std::to_string(span.span_id));
}

TEST_CASE("no check is an evaluation without a name, a verdict, or LLM Observability") {
  Observed t;
  Span request = trace::llm_request(t.tracer, {.model = "m"});
  trace::eval(request, {.name = "safe"}).finish();
  trace::eval(request, {.score = 1}).finish();
  trace::tell(request, trace::Eval{.name = "safe", .score = 1});
  request.finish();
  CHECK(t.evaluations().empty());
  CHECK(t.tracer.stats().evaluations == 0);
  MemoryTracer off;
  const Span root = off.tracer.start("root");
  trace::eval(root, {.name = "safe", .score = 1}).finish();
  off.tracer.close();
  CHECK(off.far->evaluations.empty());
  CHECK(off.tracer.stats().evaluations == 0);
}

TEST_CASE("an evaluation that the Agent does not take is counted, and not sent again") {
  Observed t;
  t.far->evaluated = Fate::not_offered;
  Span request = trace::llm_request(t.tracer, {.model = "m"});
  trace::eval(request, {.name = "safe", .score = 1}).finish();
  request.finish();
  CHECK(t.evaluations().size() == 1);
  CHECK(t.evaluations().empty());
  CHECK(t.tracer.stats().evaluations_lost == 1);
}

TEST_CASE("evaluations of spans that find no room, or end after close, are counted") {
  auto options = observed();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  constexpr std::uint64_t kChecks = 2'000;
  {
    const Span request = trace::llm_request(t.tracer, {.model = "m"});
    for (std::uint64_t i = 0; i < kChecks; ++i)
      trace::eval(request, {.name = "safe", .score = 1}).finish();
    CHECK(t.tracer.stats().evaluations_lost > 0);
    t.tracer.flush();
    const Span late = trace::eval(request, {.name = "safe", .score = 1});
    t.tracer.close();
  }
  const TraceStats stats = t.tracer.stats();
  CHECK(stats.balanced());
  CHECK(stats.evaluations == kChecks + 1);
  CHECK(stats.evaluations_accepted == t.far->evaluations.size());
  CHECK(stats.evaluations == stats.evaluations_accepted + stats.evaluations_lost);
}

TEST_CASE("evaluations that close had no time for are lost") {
  Observed t;
  const Span request = trace::llm_request(t.tracer, {.model = "m"});
  trace::eval(request, {.name = "safe", .score = 1}).finish();
  CHECK(t.tracer.stats().evaluations_lost == 0);
  t.tracer.close(0ms);
  CHECK(t.far->evaluations.empty());
  CHECK(t.tracer.stats().evaluations_lost == 1);
}

}  // namespace
