// An Agent that is late, goes away, comes back, or never reads: seen from a program's calls.

#include <chrono>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/fake_agent.h"
#include "support/tally.h"

namespace {

using pawl::Background;
using pawl::Client;
using pawl::Drop;
using pawl::test::FakeAgent;
using pawl::test::quiet_options;
using pawl::test::Tally;
using Kind = FakeAgent::Kind;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

// Far more than close() may take, and far less than a test that hangs.
constexpr auto kSoon = 5s;

pawl::Options to(const FakeAgent& agent) {
  auto options = quiet_options();
  options.background = Background::threads;
  options.address = agent.url();
  return options;
}

double arrived_count(FakeAgent& agent, const std::string& name) {
  agent.drain();
  Tally arrived;
  arrived.feed_all(agent.payloads());
  return arrived.count(name);
}

TEST_SUITE("concurrent") {
  TEST_CASE("what was recorded before the Agent is there arrives when it is") {
    for (const Kind kind : {Kind::unix_datagram, Kind::unix_stream}) {
      FakeAgent agent{kind};
      agent.stop();
      const auto client = Client::create(to(agent));
      REQUIRE(client);
      for (int i = 0; i < 5; ++i) {
        client->count("early");
        client->flush(0ms);
      }
      agent.start();
      CHECK(client->flush(10s));
      CHECK(arrived_count(agent, "early") == 5);
    }
  }

  TEST_CASE("an Agent that restarts again and again: arrived and dropped are what was recorded") {
    for (const Kind kind : {Kind::unix_datagram, Kind::unix_stream}) {
      constexpr int kRestarts = 25;
      FakeAgent agent{kind};
      const auto client = Client::create(to(agent));
      REQUIRE(client);
      std::int64_t recorded = 0;
      for (int restart = 0; restart < kRestarts; ++restart) {
        for (int i = 0; i < 50; ++i) {
          client->count("hits", 1, {{"n", std::to_string(i)}});
          ++recorded;
        }
        client->flush(0ms);
        // Nothing that the kernel took is lost: the Agent reads it before it goes.
        agent.stop_drained();
        client->count("hits", 1);
        ++recorded;
        client->flush(0ms);
        agent.start();
      }
      client->flush(10s);
      const auto lost = client->close(10s);
      agent.drain();
      double arrived = 0;
      Tally tally;
      tally.feed_all(agent.payloads());
      for (const auto& [context, held] : tally.contexts()) arrived += held.count;
      CHECK(tally.refusals().empty());
      CHECK(static_cast<std::int64_t>(arrived) + lost.total().counted == recorded);
      CHECK(lost.total().counted == 0);
      CHECK(client->stats().balanced());
    }
  }

  TEST_CASE("an Agent that was killed is found again when another binds its path") {
    FakeAgent agent{Kind::unix_datagram};
    const auto client = Client::create(to(agent));
    REQUIRE(client);
    client->count("first");
    REQUIRE(client->flush(10s));
    REQUIRE(agent.wait_for(1));
    agent.crash();
    client->count("second");
    client->flush(0ms);
    agent.start();
    CHECK(client->flush(10s));
    CHECK(arrived_count(agent, "second") == 1);
  }

  TEST_CASE("an Agent that never reads costs what the queue holds, and close keeps its deadline") {
    for (const Kind kind : {Kind::unix_datagram, Kind::unix_stream}) {
      FakeAgent agent{kind};
      agent.pause();
      auto options = to(agent);
      options.max_queue_bytes = 64 << 10;
      const auto client = Client::create(options);
      REQUIRE(client);
      for (int round = 0; round < 40; ++round) {
        for (int i = 0; i < 1'000; ++i) client->distribution("d", i);
        client->event({.title = "t", .text = std::string(4'000, 'x')});
        client->flush(1ms);
        CHECK(client->stats().queued_bytes <= 64 << 10);
      }
      const auto start = steady_clock::now();
      const auto lost = client->close(100ms);
      CHECK(steady_clock::now() - start < kSoon);
      CHECK(lost[Drop::shutdown].samples > 0);
      const auto stats = client->stats();
      CHECK(stats.balanced());
      CHECK(stats.pending == pawl::Amount{});
      agent.resume();
      agent.drain();
    }
  }

  TEST_CASE("close does not wait for an Agent that is not there") {
    for (const char* address : {"unixgram:///nonexistent/dsd.socket",
                                "unixstream:///nonexistent/dsd.socket",
                                "unix:///nonexistent/dsd.socket"}) {
      auto options = quiet_options();
      options.background = Background::threads;
      options.address = address;
      const auto client = Client::create(options);
      REQUIRE(client);
      client->count("hits", 7);
      const auto start = steady_clock::now();
      const auto lost = client->close(60s);
      CHECK(steady_clock::now() - start < kSoon);
      CHECK(lost[Drop::unreachable] == pawl::Amount{1, 7});
    }
  }

  TEST_CASE("an Agent that is slow gets everything, in order") {
    FakeAgent agent{Kind::unix_datagram};
    agent.slow(2);
    auto options = to(agent);
    options.sketches = pawl::Switch::off;  // every sample on its own, in order
    const auto client = Client::create(options);
    REQUIRE(client);
    constexpr int kSamples = 20'000;
    for (int i = 0; i < kSamples; ++i) client->distribution("d", i);
    CHECK(client->flush(10s));
    agent.drain();
    Tally arrived;
    arrived.feed_all(agent.payloads());
    const auto& samples = arrived.of({"d", "d"}).samples;
    REQUIRE(samples.size() == kSamples);
    CHECK(samples.front().value == 0);
    CHECK(samples.back().value == kSamples - 1);
  }
}

}  // namespace
