#include <csignal>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/oracle.h"
#include "tools/process.h"

namespace {

using pawl::test::check_misuse;
using pawl::test::Finished;
using pawl::test::is_one_line;
using pawl::test::pawl_command;
using pawl::test::Process;

using Texts = std::vector<std::string>;

// Runs the command without what it would find out about the container of the tests.
Finished run(Texts arguments, Texts environment = {}, std::string_view input = {}) {
  arguments.insert(arguments.begin(), pawl_command());
  environment.emplace_back("DD_ORIGIN_DETECTION_ENABLED=false");
  Process process{arguments, environment};
  process.write(input);
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the command did not end");
  return *finished;
}

struct Case {
  Texts arguments;
  std::string expected;
};

std::string numbers_up_to(int last) {
  std::string text;
  for (int i = 1; i <= last; ++i) text += std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a dry run prints exactly the lines that each verb would send") {
  const Case cases[] = {
      {{"count", "deploys"}, "deploys:1|c\n"},
      {{"count", "deploys", "12", "--tags", "b:2,a:1", "--tags", "c"}, "deploys:12|c|#a:1,b:2,c\n"},
      {{"count", "queue.delta", "-5"}, "queue.delta:-5|c\n"},
      {{"count", "jobs", "3", "--timestamp", "1767225600"}, "jobs:3|c|T1767225600\n"},
      {{"count", "jobs", "--rate", "0.001"}, "jobs:1|c\n"},
      {{"count", "gauge", "--prefix", "app."}, "app.gauge:1|c\n"},
      {{"gauge", "x", "-5"}, "x:-5|g\n"},
      {{"gauge", "x", "-.5"}, "x:-0.5|g\n"},
      {{"gauge", "x", "-1e-5"}, "x:-1e-05|g\n"},
      {{"gauge", "x", "--", "-5"}, "x:-5|g\n"},
      {{"gauge", "x", "1.5", "--timestamp", "1767225600"}, "x:1.5|g|T1767225600\n"},
      {{"gauge", "x", "1", "--cardinality", "low"}, "x:1|g|card:low\n"},
      {{"gauge", "--tags", "a:b", "x", "1"}, "x:1|g|#a:b\n"},
      {{"histogram", "x", "1", "2.5", "-3"}, "x:1:2.5:-3|h\n"},
      {{"distribution", "x", "--", "-3", "-2.5", "0"}, "x:-3:-2.5:0|d\n"},
      {{"timing", "x", "12.25"}, "x:12.25|ms\n"},
      {{"timing", "x", "7", "--rate", "1"}, "x:7|ms\n"},
      {{"set", "x", "[a,b]"}, "x:[a,b]|s\n"},
      {{"set", "x", "--", "-v"}, "x:-v|s\n"},
      {{"event", "Deployed", "1.4.2"}, "_e{8,5}:Deployed|1.4.2\n"},
      {{"event",
        "T",
        "a\nb",
        "--alert-type",
        "error",
        "--priority",
        "low",
        "--aggregation-key",
        "key",
        "--source-type",
        "my script",
        "--host",
        "db1",
        "--timestamp",
        "1767225600",
        "--tags",
        "a:b"},
       "_e{1,4}:T|a\\nb|d:1767225600|h:db1|k:key|p:low|s:my script|t:error|#a:b\n"},
      {{"check", "db.up", "ok"}, "_sc|db.up|0\n"},
      {{"check", "db.up", "unknown"}, "_sc|db.up|3\n"},
      {{"check", "db.up", "1", "--message", "m: slow", "--host", "db1", "--tags", "a:b"},
       "_sc|db.up|1|h:db1|#a:b|m:m\\: slow\n"},
  };
  for (const Case& each : cases) {
    Texts arguments = each.arguments;
    arguments.emplace(arguments.begin() + 1, "--dry-run");
    const Finished finished = run(arguments);
    CAPTURE(each.expected);
    CHECK(finished.out == each.expected);
    CHECK(finished.err == "");
    CHECK(finished.code == 0);
    const auto decoded = pawl::test::decode(finished.out);
    CHECK_MESSAGE(decoded.accepted(), pawl::test::printable(finished.out));
  }
}

TEST_CASE("what makes no sense exits with 2 and one line that names it") {
  const Case cases[] = {
      {{"count"}, "pawl: count: NAME"},
      {{"count", "x", "abc"}, "\"abc\""},
      {{"count", "x", "1.5"}, "\"1.5\""},
      {{"count", "x", "99999999999999999999"}, "\"99999999999999999999\""},
      {{"count", "x", "1", "2"}, "2 were given"},
      {{"count", ""}, "name"},
      {{"count", "123"}, "name"},
      {{"count", std::string(201, 'x')}, "name"},
      {{"count", "x", "--rate", "0"}, "--rate: \"0\""},
      {{"count", "x", "--rate", "1.5"}, "--rate: \"1.5\""},
      {{"count", "x", "--rate", "nan"}, "--rate: \"nan\""},
      {{"count", "x", "--timestamp", "0"}, "--timestamp: \"0\""},
      {{"count", "x", "--timestamp", "1767225600000"}, "--timestamp: \"1767225600000\""},
      {{"count", "x", "--timestamp", "8999999999"}, "--timestamp"},
      {{"count", "x", "--tags", "a:1,,b:2"}, "\"a:1,,b:2\""},
      {{"count", "x", "--tags", ":v"}, "\":v\""},
      {{"count", "x", "--cardinality", "huge"}, "--cardinality: \"huge\""},
      {{"count", "x", "--prefix", "9 "}, "--prefix"},
      {{"count", "x", "--timeout", "3"}, "--timeout: \"3\""},
      {{"count", "x", "--to", ""}, "--to"},
      {{"count", "x", "--to", "http://localhost"}, "http"},
      {{"count", "x", "--to", "udp://localhost:99999"}, "--to"},
      {{"count", "x", "--to", "unix://" + std::string(200, 'p')}, "--to"},
      {{"count", "x", "--dry-run", "--to", "http://localhost"}, "--to"},
      {{"count", "x", "--nonsense"}, "--nonsense"},
      {{"gauge", "x"}, "VALUE"},
      {{"gauge", "x", "1", "2"}, "2 were given"},
      {{"gauge", "x", "nan"}, "\"nan\""},
      {{"gauge", "x", "inf"}, "\"inf\""},
      {{"gauge", "x", "0x10"}, "\"0x10\""},
      {{"gauge", "x", "-x"}, "\"-x\""},
      {{"gauge", "x", ""}, "VALUE: \"\""},
      {{"distribution", "x", "1", "two", "3"}, "\"two\""},
      {{"timing", "x", "5", "-1"}, "\"-1\""},
      {{"set", "x"}, "MEMBER"},
      {{"set", "x", "a", ""}, "MEMBER"},
      {{"event", "title"}, "TEXT"},
      {{"event", "", "text"}, "TITLE"},
      {{"event", "title", ""}, "TEXT"},
      {{"event", "t", "x", "--alert-type", "bad"}, "--alert-type: \"bad\""},
      {{"event", "t", "x", "--priority", "high"}, "--priority: \"high\""},
      {{"check", "x", "7"}, "\"7\""},
      {{"check", "x", "OK"}, "\"OK\""},
      {{"check", "", "ok"}, "NAME"},
      {{"measure", "x"}, "measure"},
  };
  for (const Case& each : cases) {
    check_misuse(run(each.arguments), each.expected);
  }
}

TEST_CASE("what does not fit into a datagram is a loss, told with the limit") {
  const Case cases[] = {{{"set", "x", std::string(9000, 'm')}, "1432 bytes"},
                        {{"event", "t", std::string(2000, 'x')}, "1432 bytes"},
                        {{"event", "t", std::string(9000, 'x')}, "1432 bytes"},
                        {{"check", "x", "ok", "--message", std::string(9000, 'm')}, "1432 bytes"}};
  for (const Case& each : cases) {
    Texts arguments = each.arguments;
    arguments.insert(arguments.end(), {"--to", "udp://127.0.0.1:1"});
    const Finished silent = run(arguments);
    CHECK(silent.code == 0);
    CHECK_MESSAGE(is_one_line(silent.err), silent.err);
    CHECK_MESSAGE(silent.err.find(each.expected) != std::string::npos, silent.err);
    arguments.emplace_back("--fail");
    const Finished strict = run(arguments);
    CHECK(strict.code == 1);
    CHECK(strict.err == silent.err);
  }
}

TEST_CASE("more tags than a metric may have are refused") {
  std::string tags = "t0";
  for (int i = 1; i <= 100; ++i) tags += ",t" + std::to_string(i);
  const Finished finished = run({"count", "x", "--dry-run", "--tags", tags});
  CHECK(finished.code == 2);
  CHECK(finished.err == "pawl: count: refused: there are more than 100 tags\n");
}

TEST_CASE("what goes out otherwise than it was written is a warning") {
  const std::string long_tag = "k:" + std::string(300, 'v');
  const Case cases[] = {
      {{"count", "a b"}, "the name \"a b\" goes out as \"a_b\""},
      {{"count", "1st"}, "the name \"1st\" goes out as \"st\""},
      {{"count", "x", "--tags", "a|b:1"}, "the tag \"a|b:1\" goes out as \"a_b:1\""},
      {{"count", "x", "--tags", long_tag}, "goes out as"},
      {{"count", "x", "--tags", "host:db1"}, "the tag \"host:db1\" is left out"},
      {{"set", "x", "a|b"}, "the member \"a|b\" goes out as \"a_b\""},
      {{"event", "t", "x", "--host", "a:b"}, "--host \"a:b\" goes out as \"a_b\""},
      {{"event", "t", "a\x01 b"}, "TEXT \"a\\x01 b\" goes out as \"a_ b\""},
      {{"check", "a|b", "ok"}, "the name \"a|b\" goes out as \"a_b\""},
  };
  for (const Case& each : cases) {
    Texts arguments = each.arguments;
    arguments.emplace_back("--dry-run");
    const Finished finished = run(arguments);
    CAPTURE(each.expected);
    CHECK(finished.code == 0);
    CHECK_MESSAGE(is_one_line(finished.err), finished.err);
    CHECK_MESSAGE(finished.err.find(each.expected) != std::string::npos, finished.err);
    CHECK(pawl::test::decode(finished.out).items.size() == 1);
  }
}

TEST_CASE("what goes out as it was written is no warning") {
  const Finished finished =
      run({"event", "a|b", "line\nline \\n", "--dry-run", "--tags", "k,u:a:b"});
  CHECK(finished.err == "");
  CHECK(finished.out == "_e{3,13}:a|b|line\\nline \\n|#k,u:a:b\n");
}

TEST_CASE("values come from standard input one a line") {
  const Finished finished = run({"timing", "x", "-", "--dry-run"}, {}, " 5 \n\n-0\r\n7.5");
  CHECK(finished.out == "x:5:-0:7.5|ms\n");
  CHECK(finished.code == 0);
}

TEST_CASE("a line of standard input that makes no sense is named with its number") {
  const Finished finished = run({"distribution", "x", "-", "--dry-run"}, {}, "1\n2\nthree\n4\n");
  CHECK(finished.code == 2);
  CHECK(finished.err ==
        "pawl: distribution: standard input, line 3: VALUE: \"three\" is not a number\n");
  CHECK_MESSAGE(finished.out == "x:1:2|d\n", "the lines before it are sent");
}

TEST_CASE("values of a slow pipe are handed over while it is open") {
  Process process{{pawl_command(), "timing", "x", "-", "--dry-run"},
                  {"DD_ORIGIN_DETECTION_ENABLED=false"}};
  process.write("1\n\n2");
  CHECK(process.wait_for_output("x:1|ms\n").has_value());
  process.write("5\n");
  CHECK(process.wait_for_output("x:25|ms\n").has_value());
  const auto finished = process.finish();
  REQUIRE(finished.has_value());
  CHECK(finished->code == 0);
}

TEST_CASE("a signal ends standard input after the lines that were written before it") {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Process process{{pawl_command(), "set", "x", "-", "--dry-run"},
                    {"DD_ORIGIN_DETECTION_ENABLED=false"}};
    process.write("a\n");
    REQUIRE(process.wait_for_output("x:a|s\n").has_value());
    process.write("b\nhalf a li");
    process.kill(signal);
    CHECK(process.wait_for_output("x:b|s\n").has_value());
    const auto finished = process.finish();
    REQUIRE(finished.has_value());
    CHECK(finished->code == 128 + signal);
    CHECK(finished->out == "x:a|s\nx:b|s\n");
  }
}

TEST_CASE("a line of standard input without end is refused without being held") {
  const Finished finished = run({"set", "x", "-", "--dry-run"}, {}, std::string(100'000, 'm'));
  CHECK(finished.code == 2);
  CHECK(finished.err == "pawl: set: standard input, line 1: is longer than 4096 bytes\n");
}

TEST_CASE("binary standard input is refused in printable words") {
  const std::string bytes{"\x00\xff\x1b[2J\n1\n", 9};
  const Finished finished = run({"gauge", "x", "-"}, {}, bytes);
  CHECK(finished.code == 2);
  CHECK(finished.err.find('\x1b') == std::string::npos);
  CHECK(is_one_line(finished.err));
}

TEST_CASE("values of standard input are told in batches, and all arrive") {
  const Finished finished = run({"histogram", "x", "-", "--dry-run"}, {}, numbers_up_to(25'000));
  CHECK(finished.code == 0);
  double sum = 0;
  std::size_t values = 0;
  for (const auto& metric : pawl::test::decode(finished.out, {.max_bytes = 1 << 20}).metrics()) {
    for (const double value : metric.values) sum += value;
    values += metric.values.size();
  }
  CHECK(values == 25'000);
  CHECK(sum == 25'000.0 * 25'001 / 2);
}

TEST_CASE("a dry run splits lines where the destination's datagrams end") {
  Texts values{"histogram", "x", "--dry-run", "--to", "udp://127.0.0.1:1", "--"};
  for (int i = 0; i < 1'000; ++i) values.push_back(std::to_string(i));
  const Finished udp = run(values);
  values[4] = "unix:///nowhere";
  const Finished uds = run(values);
  CHECK(pawl::test::decode(udp.out, {.max_bytes = 1 << 20}).items.size() == 3);
  CHECK(pawl::test::decode(uds.out).items.size() == 1);
}

TEST_CASE("a dry run goes by the environment's address as a real run does") {
  Texts values{"histogram", "x", "--dry-run", "--"};
  for (int i = 0; i < 1'000; ++i) values.push_back(std::to_string(i));
  const Finished usable = run(values, {"DD_DOGSTATSD_URL=unix:///nowhere"});
  CHECK(pawl::test::decode(usable.out).items.size() == 1);
  CHECK(usable.err == "");
  const Texts mistakes[] = {{"DD_DOGSTATSD_URL=unixfoo://x", "DD_AGENT_HOST=127.0.0.1"},
                            {"DD_DOGSTATSD_PORT=99999", "DD_AGENT_HOST=::1"}};
  for (const Texts& mistake : mistakes) {
    const Finished finished = run(values, mistake);
    CHECK(pawl::test::decode(finished.out, {.max_bytes = 1 << 20}).items.size() == 3);
    CHECK_MESSAGE(is_one_line(finished.err), finished.err);
    const Finished real = run({"histogram", "x", "1"}, mistake);
    CHECK(finished.err == real.err);
  }
}

TEST_CASE("the environment's tags and mistakes are honoured") {
  const Finished finished =
      run({"count", "x", "--dry-run"},
          {"DD_ENV=prod", "DD_TAGS=team:core", "DD_CARDINALITY=low", "DD_DOGSTATSD_PORT=many"});
  CHECK(finished.out == "x:1|c|#env:prod,team:core|card:low\n");
  CHECK(is_one_line(finished.err));
  CHECK(finished.err.find("DD_DOGSTATSD_PORT") != std::string::npos);
  CHECK(finished.code == 0);
}

TEST_CASE("each verb explains itself with examples") {
  for (const char* verb :
       {"count", "gauge", "histogram", "distribution", "timing", "set", "event", "check"}) {
    const Finished finished = run({verb, "--help"});
    CAPTURE(verb);
    CHECK(finished.code == 0);
    CHECK(finished.out.find("Examples:\n  pawl " + std::string{verb}) != std::string::npos);
  }
}

TEST_CASE("help is asked for as a verb or as an option") {
  CHECK(run({"help"}).out == run({"--help"}).out);
  CHECK(run({"help", "event"}).out == run({"event", "--help"}).out);
  CHECK(run({"help"}).code == 0);
  CHECK(run({"help"}).out.find("distribution") != std::string::npos);
}

TEST_CASE("help and version that cannot be printed fail") {
  for (const char* option : {"--help", "--version"}) {
    const std::string script = pawl_command() + " " + option + " >/dev/full";
    Process process{{"/bin/sh", "-c", script}};
    const auto finished = process.finish();
    REQUIRE(finished.has_value());
    CHECK(finished->code == 1);
    CHECK(finished->err == "pawl: standard output cannot be written\n");
  }
}

TEST_CASE("a dry run that cannot print fails") {
  Process process{{pawl_command(), "distribution", "x", "-", "--dry-run"}};
  process.close_stdout();
  process.write("1\n");
  const auto finished = process.finish();
  REQUIRE(finished.has_value());
  CHECK(finished->code == 1);
  CHECK(finished->err == "pawl: distribution: standard output cannot be written\n");
}
