#include <atomic>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Reject;
using pawl::test::MemoryClient;
using pawl::test::on_threads;

TEST_CASE("a gauge keeps only its last value") {
  MemoryClient client;
  client->gauge("load", 3.5);
  client->gauge("load", -1);
  client->gauge("load", 0.25);
  CHECK(client.text() == "load:0.25|g\n");
  CHECK(client->stats().handed_to_kernel.samples == 3);
}

TEST_CASE("a gauge that is not set again is not sent again") {
  MemoryClient client;
  client->gauge("load", 1);
  CHECK(client.text() == "load:1|g\n");
  CHECK(client.text().empty());
}

TEST_CASE("a gauge that is set to the same value is sent again") {
  MemoryClient client;
  client->gauge("load", 1);
  CHECK(client.text() == "load:1|g\n");
  client->gauge("load", 1);
  CHECK(client.text() == "load:1|g\n");
}

TEST_CASE("a gauge's handle and its ad-hoc calls are one gauge") {
  MemoryClient client;
  const pawl::Gauge load = client->gauge("load", {{"core", "0"}});
  load.set(1);
  client->gauge("load", 2, {{"core", "0"}});
  CHECK(client.text() == "load:2|g|#core:0\n");
  client->gauge("load", 3, {{"core", "0"}});
  load.set(4);
  CHECK(client.text() == "load:4|g|#core:0\n");
}

TEST_CASE("a gauge that is no number is refused and leaves the last value") {
  MemoryClient client;
  client->gauge("load", 7);
  client->gauge("load", std::nan(""));
  client->gauge("load", std::numeric_limits<double>::infinity());
  CHECK(client.text() == "load:7|g\n");
  CHECK(client->stats()[Reject::value].samples == 2);
}

TEST_SUITE("concurrent") {
  TEST_CASE("the last value in time wins, whichever thread set it") {
    MemoryClient client;
    // The threads take turns, so it is known who was last; each wrote before, too.
    std::atomic<int> turn{0};
    constexpr int kTurns = 200;
    on_threads(2, [&](std::size_t number) {
      const pawl::Gauge bound = client->gauge("depth");
      for (int mine = static_cast<int>(number); mine < kTurns; mine += 2) {
        for (int now = turn; now != mine; now = turn) turn.wait(now);
        if (mine % 3 == 0)
          bound.set(mine);
        else
          client->gauge("depth", mine);
        CHECK(client.sent().gauge("depth") == mine);
        turn = mine + 1;
        turn.notify_all();
      }
    });
  }

  TEST_CASE("threads that set one gauge at once leave one of their last values") {
    MemoryClient client;
    constexpr int kCalls = 5'000;
    on_threads(3, [&](std::size_t number) {
      for (int i = 1; i <= kCalls; ++i)
        client->gauge("load", static_cast<double>(number) * kCalls + i);
    });
    const auto got = client.sent().gauge("load");
    REQUIRE(got.has_value());
    CHECK((*got == kCalls || *got == 2 * kCalls || *got == 3 * kCalls));
    CHECK(client->stats().handed_to_kernel.samples == 3 * kCalls);
  }
}

}  // namespace
