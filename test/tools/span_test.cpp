#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/temp_dir.h"
#include "tools/process.h"
#include "tools/trace_agent.h"

namespace {

using pawl::test::check_misuse;
using pawl::test::Finished;
using pawl::test::Json;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::run_pawl;
using pawl::test::TempDir;
using pawl::test::TraceAgent;
using Texts = std::vector<std::string>;

constexpr const char* kParent = "00-6893d5b0000000000000000000000007-00000000000000ff-01";

// `pawl span`, which sends to a listener of the test's own.
Texts span_argv(const TraceAgent& agent, const Texts& arguments) {
  Texts all{pawl_command(), "span", "--agent", agent.url()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Finished run(const TraceAgent& agent, const Texts& arguments, const Texts& environment = {}) {
  Process process{span_argv(agent, arguments), environment};
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the command did not end");
  return *finished;
}

TEST_CASE("span runs the command inside of a span with what it was told") {
  TraceAgent agent;
  const Finished finished = run(agent,
                                {"nightly.backup",
                                 "--resource",
                                 "db",
                                 "--service",
                                 "ops",
                                 "--type",
                                 "worker",
                                 "--tag",
                                 "stage:prod",
                                 "--tag",
                                 "url:http://x",
                                 "--",
                                 "sh",
                                 "-c",
                                 "cat; echo out; echo err >&2"});
  CHECK(finished.code == 0);
  CHECK(finished.out == "out\n");
  CHECK(finished.err == "err\n");
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 1);
  const Json& span = spans[0];
  CHECK(span["name"] == "nightly.backup");
  CHECK(span["resource"] == "db");
  CHECK(span["service"] == "ops");
  CHECK(span["type"] == "worker");
  CHECK(span["error"] == 0);
  CHECK(span["meta"]["stage"] == "prod");
  CHECK(span["meta"]["url"] == "http://x");
  CHECK(span["metrics"]["exit_code"] == 0);
  CHECK(span["parent_id"] == "0");
  CHECK(span["duration"] > 0);
}

TEST_CASE("what runs inside of a span is its child, and the whole one trace") {
  TraceAgent agent;
  const std::string inner = pawl_command() + " span inner --agent " + agent.url() + " -- true";
  CHECK(run(agent, {"outer", "--", "sh", "-c", inner + " && " + inner}).code == 0);
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 3);
  CHECK(spans[0]["name"] == "outer");
  for (const std::size_t i : {1U, 2U}) {
    CHECK(spans[i]["name"] == "inner");
    CHECK(spans[i]["parent_id"] == spans[0]["span_id"]);
    CHECK(spans[i]["trace"] == spans[0]["trace"]);
  }
}

TEST_CASE("the parent is TRACEPARENT of the environment, and --parent-header before it") {
  TraceAgent agent;
  const std::string other = "TRACEPARENT=00-000000000000000000000000000000aa-00000000000000bb-01";
  const std::string told = std::string{"TRACEPARENT="} + kParent;
  run(agent, {"a", "--", "true"}, {told});
  run(agent, {"b", "--parent-header", kParent, "--", "true"}, {other});
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 2);
  for (const Json& span : spans) {
    CHECK(span["trace"] == "6893d5b0000000000000000000000007");
    CHECK(span["parent_id"] == "255");
  }
}

TEST_CASE("the command gets TRACEPARENT with its span, and tracestate as it came") {
  TraceAgent agent;
  const Finished finished = run(agent,
                                {"a", "--", "sh", "-c", "echo $TRACEPARENT; echo $TRACESTATE"},
                                {std::string{"TRACEPARENT="} + kParent, "TRACESTATE=other=1"});
  const Json spans = agent.spans();
  REQUIRE(spans.size() == 1);
  const std::string id = spans[0]["span_id"].get<std::string>();
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016llx", std::stoull(id));
  CHECK(finished.out.find("00-6893d5b0000000000000000000000007-" + std::string{hex} + "-01\n") ==
        0);
  CHECK(finished.out.find("other=1") != std::string::npos);
}

struct Failure {
  Texts command;
  int code;
  std::string type;
};

TEST_CASE("a command that fails gives its exit code, and makes the span an error") {
  const std::vector<Failure> table{
      {{"sh", "-c", "exit 3"}, 3, "exit_code"},
      {{"sh", "-c", "kill -KILL $$"}, 128 + SIGKILL, "signal"},
      {{"/no/such/command"}, 127, "not_run"},
      {{"no-such-command-in-any-path"}, 127, "not_run"},
      {{"/etc"}, 126, "not_run"},
  };
  for (const Failure& failure : table) {
    CAPTURE(failure.command[0]);
    TraceAgent agent;
    Texts arguments{"a", "--"};
    arguments.insert(arguments.end(), failure.command.begin(), failure.command.end());
    const Finished finished = run(agent, arguments);
    CHECK(finished.code == failure.code);
    CHECK(finished.err.empty() == (failure.type != "not_run"));
    const Json spans = agent.spans();
    REQUIRE(spans.size() == 1);
    CHECK(spans[0]["error"] == 1);
    CHECK(spans[0]["metrics"]["exit_code"] == failure.code);
    CHECK(spans[0]["meta"]["error.type"] == failure.type);
  }
}

TEST_CASE("the command's arguments arrive as they are, whatever they look like") {
  TraceAgent agent;
  const Finished finished =
      run(agent,
          {"a", "--", "sh", "-c", "printf '<%s>' \"$@\"", "x", "--", "--help", "[a,b]", "", "a b"});
  CHECK(finished.out == "<--><--help><[a,b]><><a b>");
}

TEST_CASE("a signal is handed on to the command, and the span is sent") {
  TraceAgent agent;
  Process process{
      span_argv(agent,
                {"a",
                 "--",
                 "sh",
                 "-c",
                 "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.01; done"})};
  REQUIRE(process.wait_for_output("ready\n").has_value());
  process.kill(SIGTERM);
  const auto finished = process.finish();
  REQUIRE(finished.has_value());
  CHECK(finished->code == 5);
  CHECK(finished->out == "ready\ngot\n");
  CHECK(agent.spans().size() == 1);
}

TEST_CASE("an Agent that is not there is silent, and a loss with --fail") {
  const TempDir dir;
  const Texts gone{
      "span", "a", "--agent", "unix://" + dir.file("none.socket"), "--timeout", "300ms"};
  const auto run = [&gone](const Texts& more) {
    Texts all = gone;
    all.insert(all.end(), more.begin(), more.end());
    return run_pawl(all);
  };
  const Finished silent = run({"--", "true"});
  CHECK(silent.code == 0);
  CHECK(silent.err.empty());
  const Finished told = run({"--fail", "--", "true"});
  CHECK(told.code == 1);
  CHECK(told.err.find("pawl: span: 1 span could not be handed to the trace Agent: ") == 0);
  CHECK(run({"--fail", "--", "sh", "-c", "exit 3"}).code == 3);
}

TEST_CASE("without tracing the command runs as it is") {
  TraceAgent agent;
  const Finished finished =
      run(agent,
          {"a", "--", "sh", "-c", "echo $TRACEPARENT"},
          {std::string{"TRACEPARENT="}.append(kParent), "DD_TRACE_ENABLED=false"});
  CHECK(finished.code == 0);
  CHECK(finished.out == std::string{kParent}.append("\n"));
  CHECK(agent.spans().empty());
}

struct Misuse {
  Texts arguments;
  std::string named;
};

TEST_CASE("a span that makes no sense is exit code 2, one line that names it, and nothing is run") {
  const std::vector<Misuse> table{
      {{"span"}, "NAME"},
      {{"span", "a"}, "COMMAND is missing"},
      {{"span", "a", "--"}, "COMMAND is missing"},
      {{"span", "a", "true", "-x"}, "\"-x\" is not expected"},
      {{"span", "a", "--bogus", "--", "true"}, "--bogus"},
      {{"span", "", "--", "true"}, "NAME is empty"},
      {{"span", "a", "--tag", "x", "--", "true"}, "--tag: \"x\""},
      {{"span", "a", "--tag", ":x", "--", "true"}, "--tag: \":x\""},
      {{"span", "a", "--timeout", "5", "--", "true"}, "--timeout: \"5\""},
      {{"span", "a", "--parent-header", "00-1-2-3", "--", "true"}, "--parent-header: \"00-1-2-3\""},
      {{"span", "a", "--agent", "ftp://x", "--", "true"}, "ftp://x"},
  };
  for (const Misuse& misuse : table) {
    check_misuse(run_pawl(misuse.arguments), misuse.named);
  }
}

TEST_CASE("span --help shows its exit codes and examples") {
  const Finished help = run_pawl({"span", "--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("Examples:\n  pawl span nightly.backup -- ./backup.sh\n") !=
        std::string::npos);
}

}  // namespace
