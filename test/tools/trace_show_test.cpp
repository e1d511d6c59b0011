#include "tools/trace_show.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using pawl::test::Json;
using pawl::test::packed;
using pawl::test::span_of;
using pawl::tools::duration_in_words;
using pawl::tools::to_json;
using pawl::tools::to_lines;
using pawl::tools::Trace;
using pawl::tools::TraceSpan;

using Lines = std::vector<std::string>;

Trace request() {
  TraceSpan root = span_of("http.request", 1);
  root.resource = "POST /chat";
  root.type = "web";
  root.meta = {{"env", "prod"}, {"_dd.p.dm", "-1"}, {"language", "cpp"}};
  root.metrics = {{"http.status_code", 200}, {"_sampling_priority_v1", 1}};
  TraceSpan llm = span_of("llm.request", 2, 1);
  llm.resource = "answer";
  llm.error = 1;
  llm.meta = {{"llm.model", "gpt-4.1"},
              {"llm.provider", "openai"},
              {"error.type", "timeout"},
              {"error.message", "too\nlate"}};
  llm.metrics = {{"llm.output_tokens", 312}, {"llm.input_tokens", 1840}, {"llm.retry_count", 0}};
  TraceSpan check = span_of("output.validation", 3, 2);
  check.service = "checks";
  check.meta = {{"json_valid", "false"}};
  return {0x10, 7, {check, root, llm}, 2, 1};
}

TEST_CASE("a trace is a head and its spans as a tree, with errors and what the model did") {
  CHECK(to_lines(request()) ==
        Lines{"trace 00000000000000100000000000000007: 3 spans, 1 ms, 1 error, priority 1, in 2 "
              "chunks",
              "  http.request \"POST /chat\" 1 ms service=ai-api type=web {env:prod, "
              "http.status_code:200}",
              "    llm.request \"answer\" 1 ms ERROR timeout: too\\nlate provider=openai "
              "model=gpt-4.1 input_tokens=1840 output_tokens=312 retry_count=0",
              "      output.validation 1 ms service=checks json_valid=false"});
}

TEST_CASE("an orphan says so, and names its parent") {
  const Trace trace{0, 7, {span_of("lost", 2, 99)}, 1, {}};
  CHECK(to_lines(trace).back() == "  lost 1 ms service=ai-api (its parent 99 is not here)");
}

TEST_CASE("no control character gets through, whatever a stranger sends") {
  TraceSpan span = span_of("a\x1b[2J", 1);
  span.resource = "r\r\n";
  span.service = "s\x07";
  span.error = 1;
  span.meta = {{"llm.model", "m\x1b"}, {"k\n", "v\n"}, {"error.message", "\x9b"}};
  for (const std::string& line : to_lines({0, 7, {span}, 1, {}})) {
    for (const char c : line) CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
}

TEST_CASE("spans nested deep are not indented without end") {
  Trace trace;
  for (std::uint64_t id = 1; id <= 1000; ++id) trace.spans.push_back(span_of("x", id, id - 1));
  const Lines lines = to_lines(trace);
  CHECK(lines.back().size() < 120);
  CHECK(lines.back().find("[999] x 1 ms") != std::string::npos);
}

TEST_CASE("durations have three digits and their unit") {
  CHECK(duration_in_words(0) == "0 ns");
  CHECK(duration_in_words(999) == "999 ns");
  CHECK(duration_in_words(1'000) == "1 us");
  CHECK(duration_in_words(12'345'678) == "12.3 ms");
  CHECK(duration_in_words(999'999) == "1000 us");
  CHECK(duration_in_words(1'430'000'000) == "1.43 s");
  CHECK(duration_in_words(86'400'000'000'000) == "86400 s");
}

TEST_CASE("as JSON a trace is one object with its spans in the order of the tree") {
  Trace trace = request();
  trace.spans[2].meta_struct = {{"_llmobs", packed({{"span_id", "2"}})}, {"bad", "\xC1"}};
  trace.spans[2].links = {{1, 2, 3, {{"a", "b"}}}};
  const std::string text = to_json(trace);
  CHECK(text.find('\n') == std::string::npos);
  const Json json = Json::parse(text);
  CHECK(json["kind"] == "trace");
  CHECK(json["trace_id"] == "00000000000000100000000000000007");
  CHECK(json["chunks"] == 2);
  CHECK(json["priority"] == 1);
  REQUIRE(json["spans"].size() == 3);
  const Json& llm = json["spans"][1];
  CHECK(llm["name"] == "llm.request");
  CHECK(llm["depth"] == 1);
  CHECK(llm["place"] == "child");
  CHECK(llm["span_id"] == "2");
  CHECK(llm["parent_id"] == "1");
  CHECK(llm["error"] == 1);
  CHECK(llm["meta"]["llm.model"] == "gpt-4.1");
  CHECK(llm["metrics"]["llm.input_tokens"] == 1840);
  CHECK(llm["meta_struct"]["_llmobs"]["span_id"] == "2");
  CHECK(llm["meta_struct"]["bad"] == nullptr);
  CHECK(llm["span_links"][0]["trace_id"] == "00000000000000010000000000000002");
}

TEST_CASE("text that is not UTF-8 does not stop the JSON") {
  TraceSpan span = span_of("a", 1);
  span.meta["k"] = "\xFF";
  CHECK(Json::accept(to_json({0, 7, {span}, 1, {}})));
}

}  // namespace
