#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/temp_dir.h"
#include "tools/process.h"
#include "tools/trace_agent.h"

namespace {

using pawl::test::Finished;
using pawl::test::Json;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::TempDir;
using pawl::test::TraceAgent;
using Texts = std::vector<std::string>;

Finished run(Texts arguments, const Texts& environment = {}) {
  arguments.insert(arguments.begin(),
                   {pawl_command(), "llm", "--model", "gpt-4.1", "--latency-ms", "1430"});
  Process process{arguments, environment};
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the command did not end");
  return *finished;
}

TEST_CASE("llm sends its request as a span with the values that the metrics have") {
  TraceAgent agent;
  const Finished finished = run({"--agent",
                                 agent.url(),
                                 "--provider",
                                 "openai",
                                 "--prompt-name",
                                 "answer",
                                 "--prompt-version",
                                 "7",
                                 "--input-tokens",
                                 "1840",
                                 "--output-tokens",
                                 "312",
                                 "--request-id",
                                 "req-81",
                                 "--tags",
                                 "service:ai-api,env:prod"});
  CHECK(finished.code == 0);
  CHECK(finished.err == "");
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 1);
  const Json& span = spans[0];
  CHECK(span["name"] == "llm.request");
  CHECK(span["resource"] == "answer");
  CHECK(span["service"] == "ai-api");
  CHECK(span["duration"] >= 1'430'000'000);
  CHECK(span["duration"] < 1'530'000'000);
  CHECK(span["meta"]["env"] == "prod");
  CHECK(span["meta"]["llm.model"] == "gpt-4.1");
  CHECK(span["meta"]["llm.provider"] == "openai");
  CHECK(span["meta"]["llm.request_id"] == "req-81");
  CHECK(span["metrics"]["llm.input_tokens"] == 1840);
  CHECK(span["metrics"]["llm.output_tokens"] == 312);
  CHECK(span["metrics"]["llm.latency_ms"] == 1430);
  CHECK(span["metrics"]["llm.estimated_cost_usd"] == 0.006176);
}

TEST_CASE("the request of llm is a child of TRACEPARENT, and its tools are children of it") {
  TraceAgent agent;
  run({"--agent", agent.url(), "--tool-failed", "search=timeout", "--error-type", "timeout"},
      {"TRACEPARENT=00-6893d5b0000000000000000000000007-00000000000000ff-01"});
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 2);
  CHECK(spans[0]["name"] == "llm.request");
  CHECK(spans[0]["trace"] == "6893d5b0000000000000000000000007");
  CHECK(spans[0]["parent_id"] == "255");
  CHECK(spans[0]["error"] == 1);
  CHECK(spans[1]["name"] == "tool.call");
  CHECK(spans[1]["parent_id"] == spans[0]["span_id"]);
}

TEST_CASE("the log line of llm carries the ids of its span") {
  const TempDir dir;
  TraceAgent agent;
  const Finished finished = run({"--agent", agent.url(), "--log", "-"});
  const Json line = Json::parse(finished.out);
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 1);
  CHECK(line["dd.span_id"] == spans[0]["span_id"]);
  CHECK(line["dd.trace_id"] == spans[0]["trace"]);
}

TEST_CASE("with --no-span, in a dry run and without tracing no span is sent") {
  for (const std::string option : {"--no-span", "--dry-run", "--streaming"}) {
    CAPTURE(option);
    TraceAgent agent;
    const bool off = option == "--streaming";
    const Finished finished =
        run({"--agent", agent.url(), option}, off ? Texts{"DD_TRACE_ENABLED=false"} : Texts{});
    CHECK(finished.code == 0);
    CHECK(agent.spans().empty());
  }
}

TEST_CASE("a trace Agent that is not there is silent, and a loss with --fail") {
  const TempDir dir;
  const std::string gone = "unix://" + dir.file("none.socket");
  const Finished silent = run({"--agent", gone});
  CHECK(silent.code == 0);
  CHECK(silent.err == "");
  const Finished told = run({"--agent", gone, "--to", "udp://127.0.0.1:9", "--fail"});
  CHECK(told.code == 1);
  CHECK(told.err.find("could not be handed to the trace Agent") != std::string::npos);
}

}  // namespace
