// Whatever threads, flushes and closes do to each other: what arrives is what was recorded.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"
#include "contract/program.h"
#include "support/fake_agent.h"
#include "support/seed.h"

namespace {

using pawl::Amount;
using pawl::Background;
using pawl::Client;
using pawl::Reject;
using pawl::SendStatus;
using pawl::Stats;
using pawl::test::difference;
using pawl::test::FakeAgent;
using pawl::test::MemoryClient;
using pawl::test::merge;
using pawl::test::on_threads;
using pawl::test::Program;
using pawl::test::quiet_options;
using pawl::test::Random;
using pawl::test::Tally;
using namespace std::chrono_literals;

constexpr std::size_t kThreads = 3;
// The sums of fractions depend on their order.
constexpr double kRounding = 1e-9;

// Runs one program a thread, and now and then `disturb(random)`; gives what they expect.
struct Outcome {
  Tally expected;
  std::uint64_t samples = 0;
  std::int64_t counted = 0;
};
template <class Disturb>
Outcome run_programs(const Client& client, int steps, const Disturb& disturb) {
  std::vector<Program> programs;
  for (std::size_t i = 0; i < kThreads; ++i) programs.emplace_back(client, i);
  on_threads(kThreads, [&](std::size_t number) {
    Random random{number};
    for (int i = 0; i < steps; ++i) {
      programs[number].step();
      if (random.chance(0.002)) disturb(random);
    }
  });
  Outcome outcome;
  for (const Program& program : programs) {
    merge(outcome.expected, program.expected());
    outcome.samples += program.samples();
    outcome.counted += program.counted();
  }
  return outcome;
}

// Counts what the lines hold: samples of h, d and ms by their weight, counts by their sum.
Amount on_the_lines(const Tally& tally) {
  Amount amount;
  for (const auto& [context, held] : tally.contexts()) {
    amount.samples += static_cast<std::uint64_t>(held.weight());
    amount.counted += static_cast<std::int64_t>(held.count);
    for (const auto& [at, value] : held.points) amount.counted += static_cast<std::int64_t>(value);
  }
  return amount;
}

void check_all_handed_over(const Stats& stats, const Outcome& outcome) {
  CHECK(stats.balanced());
  CHECK(stats.called == Amount{outcome.samples, outcome.counted});
  CHECK(stats.handed_to_kernel == stats.called);
  CHECK(stats.pending == Amount{});
}

TEST_SUITE("concurrent") {
  TEST_CASE("what arrives in memory is what was recorded, over threads, flushes and close") {
    PAWL_PRINT_SEED();
    for (const auto background : {Background::manual, Background::threads}) {
      auto options = quiet_options();
      options.sketches = pawl::Switch::off;  // sample by sample
      options.background = background;
      MemoryClient client{options};
      std::atomic<int> flushes{0};
      const Outcome outcome = run_programs(*client, 4'000, [&](Random& random) {
        ++flushes;
        if (random.chance(0.5))
          client->flush(std::chrono::milliseconds{random.below(3)});
        else
          CHECK(client->stats().balanced());
      });
      CHECK(flushes > 0);
      CHECK_FALSE(client->close(10s));
      Tally arrived;
      arrived.feed_all(client.transport->take());
      CHECK(arrived.refusals().empty());
      CHECK(difference(outcome.expected, arrived, kRounding) == "");
      check_all_handed_over(client->stats(), outcome);
    }
  }

  TEST_CASE("what is closed in the middle of it is handed over or counted as closed") {
    PAWL_PRINT_SEED();
    for (std::uint64_t round = 0; round < 10; ++round) {
      auto options = quiet_options();
      options.background = round % 2 == 0 ? Background::threads : Background::manual;
      MemoryClient client{options};
      std::atomic<int> left{1 + static_cast<int>(round)};
      const Outcome outcome = run_programs(*client, 1'000, [&](Random&) {
        if (--left == 0) client->close(10s);
      });
      client->close(10s);
      const Stats stats = client->stats();
      CHECK(stats.balanced());
      CHECK(stats.called == Amount{outcome.samples, outcome.counted});
      CHECK(stats.handed_to_kernel + stats[Reject::closed] == stats.called);
      Tally arrived;
      arrived.feed_all(client.transport->take());
      CHECK(on_the_lines(arrived).counted == stats.handed_to_kernel.counted);
    }
  }

  TEST_CASE("whatever the transport answers, every sample is in the books") {
    PAWL_PRINT_SEED();
    constexpr std::array kAnswers{SendStatus::sent,
                                  SendStatus::sent,
                                  SendStatus::would_block,
                                  SendStatus::unreachable,
                                  SendStatus::too_large,
                                  SendStatus::failed};
    std::uint64_t dropped = 0;
    for (std::uint64_t round = 0; round < 8; ++round) {
      auto options = quiet_options();
      options.background = round % 2 == 0 ? Background::threads : Background::manual;
      options.max_queue_bytes = 16 << 10;
      options.queue_ttl = 100ms;
      MemoryClient client{options};
      const Outcome outcome = run_programs(*client, 1'000, [&](Random& random) {
        client.transport->behave(random.pick(kAnswers));
        if (random.chance(0.3)) client.clock->advance(60ms);
        client->flush(1ms);
      });
      const auto lost = client->close(20ms);
      const Stats stats = client->stats();
      CHECK(stats.balanced());
      CHECK(stats.called == Amount{outcome.samples, outcome.counted});
      CHECK(stats.pending == Amount{});
      CHECK(lost.total() == stats.dropped.total());
      CHECK(stats.handed_to_kernel + lost.total() == stats.called);
      Tally arrived;
      arrived.feed_all(client.transport->take());
      CHECK(arrived.refusals().empty());
      CHECK(on_the_lines(arrived).counted == stats.handed_to_kernel.counted);
      dropped += lost.total().samples;
    }
    CHECK(dropped > 0);
  }

  TEST_CASE("what arrives over real sockets is what was recorded") {
    PAWL_PRINT_SEED();
    for (const auto kind :
         {FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream, FakeAgent::Kind::udp_v4}) {
      FakeAgent agent{kind};
      auto options = quiet_options();
      options.sketches = pawl::Switch::off;  // sample by sample
      options.background = Background::threads;
      options.address = agent.url();
      const auto client = Client::create(options);
      REQUIRE(client);
      // UDP: each flush is less than a receive buffer, and the next waits for the reader.
      const Outcome outcome = run_programs(*client, 1'000, [&](Random&) {
        client->flush(10s);
        agent.drain();
      });
      CHECK_FALSE(client->close(10s));
      agent.drain();
      Tally arrived;
      arrived.feed_all(agent.take_payloads());
      CHECK(arrived.refusals().empty());
      CHECK(difference(outcome.expected, arrived, kRounding) == "");
      check_all_handed_over(client->stats(), outcome);
      CHECK(client->stats().traffic.bytes_sent == arrived.bytes());
      CHECK(client->stats().traffic.packets_sent == arrived.payloads());
    }
  }
}

}  // namespace
