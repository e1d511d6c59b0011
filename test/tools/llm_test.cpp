#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/oracle.h"
#include "support/temp_dir.h"
#include "tools/process.h"

namespace {

using pawl::test::check_misuse;
using pawl::test::Finished;
using pawl::test::is_one_line;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::TempDir;

using Texts = std::vector<std::string>;

// Without what would be found out about the container of the tests.
const Texts kEnvironment{"DD_ORIGIN_DETECTION_ENABLED=false"};

// Without spans, which are llm_span_test's matter.
Finished run(Texts arguments, const Texts& environment = kEnvironment) {
  arguments.insert(arguments.begin(), {pawl_command(), "llm", "--no-span"});
  Process process{arguments, environment};
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the command did not end");
  return *finished;
}

Finished record(Texts more, const Texts& environment = kEnvironment) {
  more.insert(more.begin(), {"--model", "gpt-4.1", "--latency-ms", "1430"});
  return run(more, environment);
}

Finished dry_run(Texts more, const Texts& environment = kEnvironment) {
  more.emplace_back("--dry-run");
  return record(more, environment);
}

std::string content_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_to(const std::string& path, std::string_view text) { std::ofstream{path} << text; }

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a dry run prints exactly the metrics of the request") {
  const std::string tags =
      "|#feature:search,model:gpt-4.1,prompt_name:answer,prompt_version:7,provider:openai,"
      "status:ok\n";
  const Finished finished = dry_run({"--provider",
                                     "openai",
                                     "--prompt-name",
                                     "answer",
                                     "--prompt-version",
                                     "7",
                                     "--feature",
                                     "search",
                                     "--input-tokens",
                                     "1840",
                                     "--output-tokens",
                                     "312",
                                     "--cached",
                                     "512"});
  CHECK(finished.code == 0);
  CHECK(finished.err == "");
  CHECK(finished.out == "llm.latency_ms:1430|d" + tags + "llm.output_tokens:312|d" + tags +
                            "llm.input_tokens:1840|d" + tags + "llm.cached_input_tokens:512|d" +
                            tags + "llm.estimated_cost_usd:0.005408|d" + tags + "llm.requests:1|c" +
                            tags);
  CHECK(pawl::test::decode(finished.out).accepted());
}

TEST_CASE("a model and a latency are enough") {
  const Finished finished = dry_run({});
  CHECK(finished.out ==
        "llm.latency_ms:1430|d|#model:gpt-4.1,status:ok\n"
        "llm.requests:1|c|#model:gpt-4.1,status:ok\n");
  CHECK(finished.err == "");
}

TEST_CASE("a failed, malformed and streamed request says all of it") {
  const Finished finished = dry_run({"--error-type",
                                     "timeout",
                                     "--json-invalid",
                                     "--retries",
                                     "2",
                                     "--first-token-ms",
                                     "430",
                                     "--input-tokens",
                                     "10",
                                     "--output-tokens",
                                     "101",
                                     "--reasoning",
                                     "7",
                                     "--queue-ms",
                                     "3.5",
                                     "--user-rating",
                                     "-1",
                                     "--finish-reason",
                                     "length",
                                     "--tool",
                                     "search",
                                     "--tool-failed",
                                     "orders=timeout",
                                     "--tool-failed",
                                     "orders"});
  const std::string tags = "|#finish_reason:length,model:gpt-4.1,status:error,streaming:true\n";
  CHECK(finished.code == 0);
  CHECK(finished.err == "");
  for (const char* each : {"llm.requests:1|c",
                           "llm.json_invalid:1|c",
                           "llm.retries:2|c",
                           "llm.first_token_latency_ms:430|d",
                           "llm.time_per_output_token_ms:10|d",
                           "llm.queue_ms:3.5|d",
                           "llm.reasoning_tokens:7|d",
                           "llm.user_rating:-1|d"}) {
    CHECK_MESSAGE(holds(finished.out, each + tags), each);
  }
  CHECK(holds(finished.out, "llm.errors:1|c|#error_type:timeout,finish_reason:length,"));
  CHECK(
      holds(finished.out, "llm.tool_failures:1|c|#error_type:timeout,model:gpt-4.1,tool:orders\n"));
  CHECK(holds(finished.out, "llm.tool_failures:1|c|#model:gpt-4.1,tool:orders\n"));
}

TEST_CASE("each eval is a metric of its name") {
  const Finished finished =
      dry_run({"--eval", "correctness=0.4", "--eval", "safety=1", "--eval", "tone=-2e-1"});
  CHECK(finished.err == "");
  CHECK(holds(finished.out, "llm.eval.correctness:0.4|d|#eval:correctness,model:gpt-4.1\n"));
  CHECK(holds(finished.out, "llm.eval.safety:1|d|#eval:safety,model:gpt-4.1\n"));
  CHECK(holds(finished.out, "llm.eval.tone:-0.2|d|#eval:tone,model:gpt-4.1\n"));
}

TEST_CASE("histograms are recorded where they are asked for") {
  const Finished finished = dry_run({"--histograms"});
  CHECK(holds(finished.out, "llm.latency_ms:1430|h|"));
  CHECK(!holds(finished.out, "|d|"));
}

TEST_CASE("a model without a price is no complaint, and has no cost") {
  const Finished finished = run({"--model",
                                 "mine",
                                 "--latency-ms",
                                 "1",
                                 "--input-tokens",
                                 "5",
                                 "--output-tokens",
                                 "3",
                                 "--dry-run"});
  CHECK(finished.code == 0);
  CHECK(finished.err == "");
  CHECK(holds(finished.out, "llm.cost_unknown:1|c|#model:mine,status:ok\n"));
  CHECK(!holds(finished.out, "estimated_cost"));
}

TEST_CASE("a price file wins over the built-in prices") {
  const TempDir directory;
  const std::string path = directory.path() + "/prices.json";
  write_to(path,
           R"({"gpt-4.1": {"input_cost_per_token": 0.5, "output_cost_per_token": 0.25},)"
           R"( "bad": {"input_cost_per_token": -1, "output_cost_per_token": 1}})");
  const Finished finished =
      dry_run({"--input-tokens", "3", "--output-tokens", "2", "--price-file", path});
  CHECK(finished.code == 0);
  CHECK(holds(finished.out, "llm.estimated_cost_usd:2|d"));
  CHECK(is_one_line(finished.err));
  CHECK(holds(finished.err, "--price-file: 1 of its models"));
  const Finished missing = record({"--price-file", directory.path() + "/none"});
  CHECK(missing.code == 1);
  CHECK(is_one_line(missing.err));
  CHECK(holds(missing.err, "--price-file"));
}

TEST_CASE("the log line is one JSON object, appended to a file") {
  const TempDir directory;
  const std::string path = directory.path() + "/log.jsonl";
  const Texts arguments{"--to",
                        "unix:///nowhere",
                        "--log",
                        path,
                        "--request-id",
                        "req-81",
                        "--tags",
                        "service:ai-api",
                        "--input-tokens",
                        "1840",
                        "--output-tokens",
                        "312",
                        "--error-type",
                        "timeout"};
  const std::string line =
      R"({"event":"llm_request_completed","dd.trace_id":"0","dd.span_id":"0",)"
      R"("dd.service":"ai-api","dd.env":"prod","request_id":"req-81","model":"gpt-4.1",)"
      R"("input_tokens":1840,"output_tokens":312,"latency_ms":1430,)"
      R"("estimated_cost_usd":0.006176,"outcome":"error","status":"error",)"
      R"("error_type":"timeout"})"
      "\n";
  const Texts environment{"DD_ENV=prod", "DD_SERVICE=other", "DD_ORIGIN_DETECTION_ENABLED=false"};
  const Finished first = record(arguments, environment);
  CHECK(first.code == 0);
  CHECK(first.err == "");
  CHECK(first.out == "");
  CHECK(content_of(path) == line);
  CHECK(record(arguments, environment).code == 0);
  CHECK(content_of(path) == line + line);
}

TEST_CASE("a log line of standard output comes after the lines of a dry run") {
  const TempDir directory;
  const std::string path = directory.path() + "/log.jsonl";
  const Finished to_stdout = dry_run({"--log", "-", "--tags", "env:prod"});
  CHECK(to_stdout.out ==
        "llm.latency_ms:1430|d|#env:prod,model:gpt-4.1,status:ok\n"
        "llm.requests:1|c|#env:prod,model:gpt-4.1,status:ok\n"
        R"({"event":"llm_request_completed","dd.trace_id":"0","dd.span_id":"0","dd.env":"prod",)"
        R"("model":"gpt-4.1","latency_ms":1430,"outcome":"ok","status":"info"})"
        "\n");
  const Finished to_file = dry_run({"--log", path, "--tags", "env:prod"});
  CHECK(to_file.out == to_stdout.out);
  CHECK_MESSAGE(content_of(path) == "", "a dry run writes to no file");
}

TEST_CASE("a log that cannot be written fails, and the metrics go out") {
  const Finished finished =
      record({"--to", "udp://127.0.0.1:9", "--log", "/nonexistent/directory/log"});
  CHECK(finished.code == 1);
  CHECK(finished.err == "pawl: llm: --log: \"/nonexistent/directory/log\" cannot be written\n");
}

TEST_CASE("tags that metrics of requests may not have are left out with a warning") {
  const Finished finished =
      dry_run({"--tags", "user_id:5,prompt_variant:b", "--tags", "session:x,host:db1"});
  CHECK(finished.code == 0);
  CHECK(finished.out ==
        "llm.latency_ms:1430|d|#prompt_variant:b,model:gpt-4.1,status:ok\n"
        "llm.requests:1|c|#prompt_variant:b,model:gpt-4.1,status:ok\n");
  CHECK(holds(finished.err, "pawl: llm: warning: the tag \"user_id:5\" is left out: its key "));
  CHECK(holds(finished.err, "pawl: llm: warning: the tag \"session:x\" is left out: its key "));
  CHECK(holds(finished.err, "pawl: llm: warning: the tag \"host:db1\" is left out"));
  CHECK(!holds(finished.err, "prompt_variant"));
}

TEST_CASE("a policy of one's own stands in place of the preset's") {
  const TempDir directory;
  const std::string path = directory.path() + "/policy.json";
  write_to(path,
           R"({"allowed_keys": ["model", "status", "team"],)"
           R"( "values": [{"key": "model", "allowed_values": ["gpt-4o"]}]})");
  const Finished finished =
      dry_run({"--policy", path, "--tags", "team:core,env:prod", "--feature", "x"});
  CHECK(finished.code == 0);
  CHECK(holds(finished.out, "llm.requests:1|c|#team:core,model:other,status:ok\n"));
  CHECK(holds(finished.err, "the tag \"model:gpt-4.1\" goes out as \"model:other\""));
  CHECK(holds(finished.err, "the tag \"env:prod\" is left out"));
  CHECK(holds(finished.err, "the tag \"feature:x\" is left out"));
}

TEST_CASE("texts that go out otherwise than they were written are warnings by name") {
  const struct {
    Texts arguments;
    std::string expected;
  } cases[] = {
      {{"--feature", "a|b"}, "the tag \"feature:a|b\" goes out as \"feature:a_b\""},
      {{"--feature", std::string(150, 'f')}, "--feature"},
      {{"--error-type", "no such host"}, "--error-type \"no such host\" goes out as \"other\""},
      {{"--finish-reason", std::string(64, 'r')}, "--finish-reason"},
      {{"--eval", "a b=1"}, "the name \"llm.eval.a b\" goes out as \"llm.eval.a_b\""},
  };
  for (const auto& each : cases) {
    const Finished finished = dry_run(each.arguments);
    CAPTURE(each.expected);
    CHECK(finished.code == 0);
    CHECK_MESSAGE(is_one_line(finished.err), finished.err);
    CHECK_MESSAGE(holds(finished.err, each.expected), finished.err);
  }
}

TEST_CASE("what makes no sense of a request exits with 2 and one line that names the option") {
  const struct {
    Texts arguments;
    std::string expected;
  } cases[] = {
      {{"--first-token-ms", "1431"}, "--first-token-ms: 1431 is later than --latency-ms, 1430"},
      {{"--first-token-ms", "-1"}, "--first-token-ms: \"-1\""},
      {{"--queue-ms", "soon"}, "--queue-ms: \"soon\""},
      {{"--retries", "-1"}, "--retries: \"-1\""},
      {{"--retries", "1.5"}, "--retries: \"1.5\""},
      {{"--user-rating", "inf"}, "--user-rating: \"inf\""},
      {{"--input-tokens", "5"}, "--output-tokens is missing"},
      {{"--cached", "5"}, "--input-tokens is missing"},
      {{"--input-tokens", "-5", "--output-tokens", "1"}, "--input-tokens: \"-5\""},
      {{"--input-tokens", "1e3", "--output-tokens", "1"}, "--input-tokens: \"1e3\""},
      {{"--input-tokens", "5", "--output-tokens", "1", "--cached", "6"},
       "--cached: 6 is more than --input-tokens, 5"},
      {{"--input-tokens", "5", "--output-tokens", "1", "--cached", "3", "--cache-creation", "3"},
       "--cached and --cache-creation: together more than --input-tokens, 5"},
      {{"--input-tokens", "5", "--output-tokens", "1", "--reasoning", "2"},
       "--reasoning: 2 is more than --output-tokens, 1"},
      {{"--eval", "correctness"}, "--eval: \"correctness\" is not NAME=SCORE"},
      {{"--eval", "=1"}, "--eval: \"=1\""},
      {{"--eval", "x=much"}, "--eval: \"x=much\""},
      {{"--eval", std::string(120, 'e') + "=1"}, "--eval"},
      {{"--tool", ""}, "--tool"},
      {{"--tool-failed", "=timeout"}, "--tool-failed: \"=timeout\""},
      {{"--tags", "model:x"}, "--tags: \"model:x\" has an option of its own, --model"},
      {{"--tags", "status:ok"}, "--error-type"},
      {{"--tags", ":x"}, "--tags"},
      {{"--log", ""}, "--log"},
      {{"--to", "http://localhost"}, "--to"},
      {{"--policy", "/nonexistent"}, "--policy"},
      {{"--nonsense"}, "--nonsense"},
  };
  for (const auto& each : cases) {
    check_misuse(dry_run(each.arguments), each.expected);
  }
}

TEST_CASE("a request without its model or its latency is none") {
  const struct {
    Texts arguments;
    std::string expected;
  } cases[] = {{{"--latency-ms", "5"}, "--model"},
               {{"--latency-ms", "5", "--model", ""}, "--model"},
               {{"--model", "m"}, "--latency-ms"},
               {{"--model", "m", "--latency-ms", ""}, "--latency-ms"},
               {{"--model", "m", "--latency-ms", "-5"}, "--latency-ms: \"-5\""},
               {{"--model", "m", "--latency-ms", "nan"}, "--latency-ms: \"nan\""}};
  for (const auto& each : cases) {
    const Finished finished = run(each.arguments);
    CAPTURE(each.expected);
    CHECK(finished.code == 2);
    CHECK_MESSAGE(is_one_line(finished.err), finished.err);
    CHECK_MESSAGE(holds(finished.err, each.expected), finished.err);
  }
}

TEST_CASE("an absent Agent is silent success of a request, unless asked") {
  const Finished silent = record({"--to", "unix:///nowhere"});
  CHECK(silent.code == 0);
  CHECK(silent.err == "");
  const Finished strict = record({"--to", "unix:///nowhere", "--fail"});
  CHECK(strict.code == 1);
  CHECK(is_one_line(strict.err));
}

TEST_CASE("the verb for requests honours a cardinality and explains itself with examples") {
  CHECK(holds(dry_run({"--cardinality", "low"}).out, "status:ok|card:low\n"));
  const Finished finished = run({"--help"});
  CHECK(finished.code == 0);
  CHECK(holds(finished.out, "Examples:\n  pawl llm "));
}
