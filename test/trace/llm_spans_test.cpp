// The spans of a request to a language model, by the helpers and by the recorder.

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pawl/llm.h>
#include <pawl/trace_llm.h>
#include <pawl/transport.h>

#include "llm/recorder_memory.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::llm::Request;
using pawl::test::MemoryRecorder;
using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::test::SeenSpan;
using pawl::trace::Current;
using pawl::trace::Span;
using namespace std::chrono_literals;
namespace trace = pawl::trace;

const SeenSpan& find(const std::vector<SeenSpan>& spans, const std::string& name) {
  for (const SeenSpan& span : spans)
    if (span.name == name) return span;
  FAIL("no span " << name);
  return spans.front();
}

TEST_CASE("the helpers make the tree of a request with the table's names") {
  MemoryTracer t;
  Span root = t.tracer.start("http.request");
  {
    Span span = trace::retrieval(root, {.index = "docs", .strategy = "hybrid", .query_length = 42});
    trace::tell(span, trace::Retrieval{.hit_count = 4, .top_score = 0.5, .latency_ms = 1.5});
    trace::render(root, {.prompt_name = "p", .prompt_version = "1", .input_tokens_estimate = 9})
        .finish();
    trace::tool(root, {.name = "search", .ok = false, .error_type = "timeout", .latency_ms = 3})
        .finish();
    trace::validation(root, {.schema_name = "answer", .json_valid = true}).finish();
    trace::eval(root, {.name = "safety", .type = "judge", .pass = true, .score = 0.9}).finish();
  }
  root.finish();
  const auto spans = t.flush_one();
  const SeenSpan& retrieval = find(spans, "rag.retrieval");
  CHECK(retrieval.resource == "docs");
  CHECK(retrieval.meta.at("rag.strategy") == "hybrid");
  CHECK(retrieval.metrics.at("rag.query_length") == 42);
  CHECK(retrieval.metrics.at("rag.hit_count") == 4);
  CHECK(retrieval.metrics.at("rag.top_score") == 0.5);
  CHECK(retrieval.metrics.at("rag.latency_ms") == 1.5);
  CHECK(find(spans, "prompt.render").metrics.at("prompt.input_tokens_estimate") == 9);
  const SeenSpan& tool = find(spans, "tool.call");
  CHECK(tool.resource == "search");
  CHECK(tool.meta.at("tool.status") == "error");
  CHECK(tool.error == 1);
  CHECK(tool.meta.at("error.type") == "timeout");
  CHECK(find(spans, "output.validation").meta.at("json_valid") == "true");
  const SeenSpan& eval = find(spans, "eval.score");
  CHECK(eval.meta.at("eval.name") == "safety");
  CHECK(eval.meta.at("eval.pass") == "true");
  CHECK(eval.metrics.at("eval.score") == 0.9);
  for (const SeenSpan& span : spans)
    if (span.name != "http.request") CHECK(span.parent_id == find(spans, "http.request").span_id);
}

TEST_CASE("a request of the recorder becomes a span with the values of its metrics") {
  MemoryTracer t;
  MemoryRecorder llm{{.span_hook = trace::llm_spans(t.tracer)}};
  Span root = t.tracer.start("http.request");
  {
    const Current scope{root};
    Request request = llm->start({.provider = "openai",
                                  .model = "gpt-4.1",
                                  .feature = "triage",
                                  .prompt_name = "support",
                                  .prompt_version = "7"},
                                 {.request_id = "r-1", .tenant_id = "t-1"});
    llm.advance(3ms);
    request.first_token();
    llm.advance(1'234'567ns);
    request.retry(2);
    request.tool("search", true, 2ms);
    request.usage({.input = 1'840, .output = 312, .cached_input = 512});
    request.finish_reason("stop");
    request.finish();
  }
  root.finish();
  const auto spans = t.flush_one();
  const SeenSpan& span = find(spans, "llm.request");
  CHECK(span.resource == "support");
  CHECK(span.type == "llm");
  CHECK(span.parent_id == find(spans, "http.request").span_id);
  CHECK(span.meta.at("llm.provider") == "openai");
  CHECK(span.meta.at("llm.model") == "gpt-4.1");
  CHECK(span.meta.at("llm.prompt_name") == "support");
  CHECK(span.meta.at("llm.prompt_version") == "7");
  CHECK(span.meta.at("llm.feature") == "triage");
  CHECK(span.meta.at("llm.tenant_id") == "t-1");
  CHECK(span.meta.at("llm.request_id") == "r-1");
  CHECK(span.meta.at("llm.streaming") == "true");
  CHECK(span.meta.at("llm.finish_reason") == "stop");
  CHECK(span.meta.at("llm.status") == "ok");
  CHECK(span.error == 0);
  CHECK(span.metrics.at("_dd.measured") == 1);
  CHECK(span.metrics.at("llm.retry_count") == 2);
  CHECK(span.metrics.at("llm.total_tokens") == 2'152);
  const SeenSpan& tool = find(spans, "tool.call");
  CHECK(tool.parent_id == span.span_id);
  CHECK(tool.duration == 2'000'000);
  // Bit for bit: the number in the metric's line is the shortest that reads back as the same.
  int compared = 0;
  const auto sent = llm.sent();
  for (const auto& [context, held] : sent.contexts()) {
    if (span.metrics.count(context.name) == 0) continue;
    REQUIRE(held.samples.size() == 1);
    CHECK(held.samples[0].value == span.metrics.at(context.name));
    ++compared;
  }
  CHECK(compared == 5);  // latency, first token, input and output tokens, cost
}

TEST_CASE("a request inside of no span here is a child of the remote one that the hook was given") {
  MemoryTracer t;
  trace::SpanContext parent;
  parent.trace_high = 5;
  parent.trace_low = 6;
  parent.span = 7;
  MemoryRecorder llm{{.span_hook = trace::llm_spans(t.tracer, parent)}};
  llm->start({.model = "m"}).finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.trace_id == 6);
  CHECK(seen.parent_id == 7);
}

TEST_CASE("a request that failed has an error, one that was left an outcome") {
  MemoryTracer t;
  MemoryRecorder llm{{.span_hook = trace::llm_spans(t.tracer)}};
  {
    Request failed = llm->start({.model = "m"});
    failed.error("rate_limit");
    failed.finish();
  }
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.error == 1);
  CHECK(seen.meta.at("error.type") == "rate_limit");
  CHECK(seen.meta.at("llm.error_type") == "rate_limit");
  CHECK(seen.meta.at("llm.status") == "error");
  { const Request left = llm->start({.model = "m"}); }
  CHECK(t.flush_one().at(0).meta.at("llm.status") == "aborted");
}

TEST_CASE("the log line carries the ids of the span") {
  MemoryTracer t;
  std::string line;
  pawl::llm::RecorderOptions options;
  options.span_hook = trace::llm_spans(t.tracer);
  options.log.callback = [&line](std::string_view text) { line = text; };
  options.log.background = pawl::Background::manual;
  MemoryRecorder llm{std::move(options)};
  llm->start({.model = "m"}).finish();
  llm->flush();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(line.find("\"dd.span_id\":\"" + std::to_string(seen.span_id) + "\"") != std::string::npos);
  CHECK(line.find("\"dd.trace_id\":\"" + seen.meta.at("_dd.p.tid")) != std::string::npos);
}

TEST_CASE("LLM Observability is silent unless it is asked for") {
  MemoryTracer t;
  trace::llm_request(t.tracer, {.model = "m"}).finish();
  const auto chunks = t.flush();
  CHECK(chunks.at(0).events.empty());
  CHECK(chunks[0].spans.at(0).meta_struct.empty());
}

pawl::trace::TracerOptions observed() {
  auto options = quiet_tracer();
  options.llmobs = {.enabled = pawl::Switch::on, .ml_app = "app"};
  return options;
}

TEST_CASE("events go apart where the Agent has no room for them in spans") {
  MemoryTracer t{observed()};
  Span root = t.tracer.start("http.request");
  Span request = trace::llm_request(root, {.provider = "openai", .model = "gpt-4.1"});
  trace::tell(request,
              trace::LlmRequest{.first_token_latency_ms = 250.0,
                                .usage = pawl::llm::Usage{.input = 10, .output = 5}});
  trace::tool(request, {.name = "search"}).finish();
  const auto id = std::to_string(request.id());
  request.finish();
  root.finish();
  const auto chunks = t.flush();
  const std::string events = pawl::test::to_json_text(chunks.at(0).events);
  const auto has = [&events](const std::string& text) {
    INFO(events);
    CHECK(events.find(text) != std::string::npos);
  };
  has("\"span\":{\"kind\":\"llm\"}");
  has("\"span\":{\"kind\":\"tool\"}");
  has("\"model_name\":\"gpt-4.1\"");
  has("\"model_provider\":\"openai\"");
  has("\"parent_id\":\"undefined\"");
  has("\"parent_id\":\"" + id + "\"");
  has("\"input_tokens\":10");
  has("\"total_tokens\":15");
  has("\"time_to_first_token\":0.25");
  has("\"ml_app\":\"app\"");
  has("\"error\":\"0\"");
  CHECK(t.tracer.stats().llmobs_events == 2);
}

TEST_CASE("events ride in their spans where the Agent says so, unless the trace is not sampled") {
  MemoryTracer t{observed()};
  t.far->features.meta_structs = true;
  trace::llm_request(t.tracer, {.model = "m"}).finish();
  auto chunks = t.flush();
  CHECK(chunks.at(0).events.empty());
  const auto& riding = chunks[0].spans.at(0).meta_struct;
  REQUIRE(riding.count("_llmobs") == 1);
  CHECK(pawl::test::to_json_text(riding.at("_llmobs")).find("\"model_name\":\"m\"") !=
        std::string::npos);
  Span dropped = trace::llm_request(t.tracer, {.model = "m"});
  dropped.drop().finish();
  chunks = t.flush();
  CHECK_FALSE(chunks.at(0).events.empty());
  CHECK(chunks[0].spans.at(0).meta_struct.empty());
}

TEST_CASE("an event rides in a span whose trace was decided anew after it had ended") {
  MemoryTracer t{observed()};
  t.far->features.meta_structs = true;
  Span request = trace::llm_request(t.tracer, {.model = "m"});
  Span child = request.child("c");
  request.finish();
  SUBCASE("where it was written") {}
  SUBCASE("or was kept") { CHECK(t.flush().empty()); }
  child.keep().finish();
  const auto spans = t.flush_one();
  CHECK(spans.at(0).metrics.at("_sampling_priority_v1") == 2);
  CHECK(spans[0].meta_struct.count("_llmobs") == 1);
  CHECK(spans.at(1).meta_struct.empty());
}

}  // namespace
