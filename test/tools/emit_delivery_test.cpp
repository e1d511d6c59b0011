#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/fake_agent.h"
#include "support/tally.h"
#include "support/temp_dir.h"
#include "tools/process.h"

namespace {

using pawl::test::FakeAgent;
using pawl::test::Finished;
using pawl::test::pawl_command;
using pawl::test::Process;
using pawl::test::Tally;
using pawl::test::TempDir;

using Texts = std::vector<std::string>;

Finished run(Texts arguments, const Texts& environment = {}) {
  arguments.insert(arguments.begin(), pawl_command());
  Process process{arguments, environment};
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the command did not end");
  return *finished;
}

// Runs a verb against an Agent, and gives what the Agent then holds.
Tally sent_to(FakeAgent& agent, Texts arguments, std::size_t payloads = 1) {
  arguments.insert(arguments.begin() + 1, {"--fail", "--to", agent.url()});
  const Finished finished = run(arguments);
  CHECK_MESSAGE(finished.code == 0, finished.err);
  REQUIRE(agent.wait_for(payloads));
  Tally tally;
  tally.feed_all(agent.take_payloads());
  CHECK(tally.refusals().empty());
  return tally;
}

constexpr FakeAgent::Kind kKinds[] = {
    FakeAgent::Kind::udp_v4, FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream};

}  // namespace

TEST_CASE("each verb reaches the Agent over each kind of socket") {
  for (const auto kind : kKinds) {
    FakeAgent agent{kind};
    CAPTURE(agent.url());
    CHECK(sent_to(agent, {"count", "c", "-7", "--tags", "k:v"}).count("c", {"k:v"}) == -7);
    CHECK(sent_to(agent, {"gauge", "g", "-0.25"}).gauge("g") == -0.25);
    CHECK(sent_to(agent, {"histogram", "h", "1", "2"}).of({"h", "h"}).sum == 3);
    CHECK(sent_to(agent, {"distribution", "d", "4", "5"}).of({"d", "d"}).weight() == 2);
    CHECK(sent_to(agent, {"timing", "t", "1.5"}).of({"ms", "t"}).sum == 1.5);
    CHECK(sent_to(agent, {"set", "s", "a", "b", "a"}).of({"s", "s"}).members.size() == 2);
    CHECK(sent_to(agent, {"event", "T", "a\nb"}).events().at(0).text == "a\nb");
    CHECK(sent_to(agent, {"check", "n", "critical"}).service_checks().at(0).status == 2);
  }
}

TEST_CASE("nothing but what was asked for is sent") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  const Tally tally = sent_to(agent, {"count", "only"});
  CHECK(tally.contexts().size() == 1);
  CHECK(tally.metric_lines() == 1);
}

TEST_CASE("thousands of values follow two dashes") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  Texts arguments{"histogram", "x", "--"};
  for (int i = -5'000; i <= 5'000; ++i) arguments.push_back(std::to_string(i));
  const Tally tally = sent_to(agent, arguments, 7);
  CHECK(tally.of({"h", "x"}).weight() == 10'001);
  CHECK(tally.of({"h", "x"}).sum == 0);
}

TEST_CASE("the Agent is found through the environment") {
  FakeAgent agent{FakeAgent::Kind::udp_v4};
  const Texts by_host{"DD_AGENT_HOST=127.0.0.1",
                      "DD_DOGSTATSD_PORT=" + std::to_string(agent.port())};
  CHECK(run({"count", "x", "--fail"}, by_host).code == 0);
  CHECK(run({"count", "x", "--fail"}, {"DD_DOGSTATSD_URL=" + agent.url()}).code == 0);
  CHECK(agent.wait_for(2));
}

TEST_CASE("an option wins over the environment") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  const Texts elsewhere{"DD_DOGSTATSD_URL=unix:///nowhere"};
  CHECK(run({"count", "x", "--fail", "--to", agent.url()}, elsewhere).code == 0);
  CHECK(agent.wait_for(1));
}

TEST_CASE("a missing Agent is silent success") {
  for (const char* url : {"unix:///nowhere", "unixgram:///nowhere", "unixstream:///nowhere"}) {
    const Finished finished = run({"count", "x", "--to", url});
    CAPTURE(url);
    CHECK(finished.code == 0);
    CHECK(finished.err == "");
  }
}

TEST_CASE("a missing Agent fails where that was asked for, and is named") {
  const Finished finished = run({"timing", "x", "1", "2", "--to", "unix:///nowhere", "--fail"});
  CHECK(finished.code == 1);
  CHECK(finished.err ==
        "pawl: timing: 2 values could not be handed to unix:///nowhere: unreachable\n");
}

TEST_CASE("a socket that nobody reads any more fails where that was asked for") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  agent.crash();
  CHECK(run({"event", "T", "x", "--to", agent.url(), "--fail"}).code == 1);
}

// Were it waited for, the command would outlive the patience of the test.
TEST_CASE("a missing Agent is not waited for, whatever the timeout") {
  const Finished finished =
      run({"count", "x", "--to", "unix:///nowhere", "--fail", "--timeout", "1h"});
  CHECK(finished.code == 1);
}

TEST_CASE("an Agent that does not read is waited for until the timeout") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  agent.pause();
  Texts arguments{"histogram", "x", "--fail", "--timeout", "20ms", "--to", agent.url(), "--"};
  for (int i = 0; i < 60'000; ++i) arguments.push_back(std::to_string(100'000 + i));
  const Finished finished = run(arguments);
  CHECK(finished.code == 1);
  CHECK(finished.err.find("shutdown") != std::string::npos);
}

TEST_CASE("the Lambda extension is not sent what it does not take") {
  const Texts lambda{"AWS_LAMBDA_FUNCTION_NAME=f"};
  const Finished finished = run({"timing", "x", "1", "--dry-run"}, lambda);
  CHECK(finished.code == 0);
  CHECK(run({"timing", "x", "1", "--dry-run", "--fail"}, lambda).code == 1);
  CHECK(finished.err == "pawl: timing: refused: the Lambda extension does not take it\n");
}

TEST_CASE("a rate keeps about its share of the values, and says so on the line") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  Texts arguments{"distribution", "x", "--rate", "0.5", "--"};
  for (int i = 0; i < 4'000; ++i) arguments.emplace_back("1");
  const Tally tally = sent_to(agent, arguments);
  const auto& held = tally.of({"d", "x"});
  // Twelve standard deviations from 2,000 that are kept, each of which stands for two.
  CHECK(held.weight() > 2 * 1'600);
  CHECK(held.weight() < 2 * 2'400);
  CHECK(held.weight() % 2 == 0);
}
