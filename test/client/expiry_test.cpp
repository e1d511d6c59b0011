// Idle contexts are forgotten; what is recorded meanwhile arrives.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "base/fence.h"
#include "client/memory_client.h"
#include "client/threads.h"
#include "support/seed.h"

namespace {

using pawl::Options;
using pawl::Tag;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using pawl::test::quiet_options;
using pawl::test::Random;
using namespace std::chrono_literals;

Options expiring(std::chrono::seconds expiry) {
  Options options = quiet_options();
  options.context_expiry = expiry;
  return options;
}

bool has_fence() {
  const bool has_it = pawl::base::fence_all_threads();
  if (!has_it) MESSAGE("skipped: no membarrier(2) here, so nothing expires");
  return has_it;
}

// Lets `time` pass after a flush, with one after it and one more that frees what has expired.
void pass(MemoryClient& client, std::chrono::seconds time) {
  client->flush();
  client.clock->advance(time);
  client->flush();
  client->flush();
  client.transport->take();
}

TEST_CASE("a context that nobody uses is forgotten after the expiry, and not before") {
  if (!has_fence()) return;
  MemoryClient client{expiring(10s)};
  client->count("n");
  pass(client, 10s);
  CHECK(client->stats().contexts == 1);
  pass(client, 1s);
  CHECK(client->stats().contexts == 0);
  CHECK(client->stats().shapes == 0);
  client->count("n", 5);
  CHECK(client.text() == "n:5|c\n");
}

TEST_CASE("each kind of metric begins anew after it was forgotten") {
  if (!has_fence()) return;
  MemoryClient client{expiring(1s)};
  for (int round = 1; round <= 3; ++round) {
    const auto number = std::to_string(round);
    client->count("c", round);
    client->gauge("g", round);
    client->distribution("d", round);
    client->timing("t", std::chrono::milliseconds{round});
    client->set("s", number);
    const std::string text = client.text();
    for (const std::string& line : {"c:" + number + "|c\n",
                                    "g:" + number + "|g\n",
                                    "d:" + number + "|d\n",
                                    "t:" + number + "|ms\n",
                                    "s:" + number + "|s\n"})
      CHECK_MESSAGE(text.find(line) != std::string::npos, line);
    pass(client, 5s);
    CHECK(client->stats().contexts == 0);
  }
  CHECK(client->stats().balanced());
}

TEST_CASE("another metric that takes over a forgotten one's cells begins at nothing") {
  if (!has_fence()) return;
  MemoryClient client{expiring(1s)};
  client->count("old", 1000);
  pass(client, 5s);
  client->count("new", 1);
  CHECK(client.text() == "new:1|c\n");
}

TEST_CASE("a metric that is recorded from time to time stays") {
  MemoryClient client{expiring(10s)};
  for (int i = 0; i < 20; ++i) {
    client->gauge("g", i);
    pass(client, 9s);
  }
  CHECK(client->stats().contexts == 1);
}

TEST_CASE("what a handle holds stays for ever") {
  if (!has_fence()) return;
  MemoryClient client{expiring(1s)};
  const pawl::Counter counter = client->counter("held");
  client->count("held");
  client->count("free");
  pass(client, 100s);
  CHECK(client->stats().contexts == 1);
  counter.add(3);
  client->count("held", 4);
  CHECK(client.text() == "held:7|c\n");
}

TEST_CASE("with an expiry of 0 nothing is forgotten") {
  MemoryClient client{expiring(0s)};
  client->count("n");
  pass(client, std::chrono::hours{100});
  CHECK(client->stats().contexts == 1);
}

TEST_CASE("an expiry that makes no sense is an error that names it") {
  for (const std::chrono::seconds wrong : {-1s, std::chrono::seconds{400 * 86'400}}) {
    const auto made = pawl::Client::create(expiring(wrong));
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().message.find("context_expiry") != std::string::npos);
  }
}

TEST_CASE("room under the cap comes back with what was forgotten") {
  if (!has_fence()) return;
  Options options = expiring(1s);
  options.max_contexts = 16;
  MemoryClient client{options};
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 16; ++i) {
      const std::string value = std::to_string(round * 16 + i);
      client->count("n", 1, {{"i", value}});
    }
    CHECK(client.text().find("pawl_overflow") == std::string::npos);
    pass(client, 5s);
  }
}

TEST_SUITE("concurrent") {
  TEST_CASE("contexts are freed though more threads record than there are processors") {
    if (!has_fence()) return;
    constexpr std::size_t kThreads = 8;
    MemoryClient client{expiring(1s)};
    client->count("idle");
    client->count("busy");
    std::atomic<bool> done{false};
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    on_threads(kThreads + 1, [&](std::size_t number) {
      if (number != 0) {
        while (!done) client->count("busy");
        return;
      }
      while (client->stats().contexts != 1 && std::chrono::steady_clock::now() < deadline) {
        client.clock->advance(1s);
        client->flush();
        std::this_thread::yield();
      }
      done = true;
    });
    CHECK(client->stats().contexts == 1);
    CHECK(client->stats().balanced());
  }

  TEST_CASE("what threads record while contexts expire arrives, each under its own name") {
    PAWL_PRINT_SEED();
    constexpr std::size_t kThreads = 3;
    constexpr std::size_t kNames = 200;
    constexpr int kCalls = 40'000;
    MemoryClient client{expiring(1s)};
    std::array<std::array<std::int64_t, kNames>, kThreads> counted{};
    std::atomic<std::size_t> at_work{kThreads};
    on_threads(kThreads + 1, [&](std::size_t number) {
      if (number == kThreads) {
        while (at_work != 0) {
          client.clock->advance(1s);
          client->flush();
        }
        return;
      }
      Random random{number};
      for (int i = 0; i < kCalls; ++i) {
        // A few names at a time, so that the others are idle.
        const std::size_t name = (random.below(4) + static_cast<std::size_t>(i) / 200) % kNames;
        const auto value = static_cast<std::int64_t>(name) + 1;
        client->count("n" + std::to_string(name), value);
        counted[number][name] += value;
      }
      --at_work;
    });
    const auto sent = client.sent();
    std::size_t seen = 0;
    for (const auto& [context, held] : sent.contexts()) {
      const std::size_t name = std::stoul(context.name.substr(1));
      std::int64_t expected = 0;
      for (const auto& thread : counted) expected += thread[name];
      REQUIRE(static_cast<std::int64_t>(held.count) == expected);
      ++seen;
    }
    CHECK(seen == kNames);
    CHECK(client->stats().balanced());
    CHECK(client->stats().pending == pawl::Amount{});
  }
}

}  // namespace
