#include <chrono>
#include <utility>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::test::MemoryClient;
using namespace std::chrono_literals;

TEST_CASE("a timer records the milliseconds until it goes out of scope") {
  MemoryClient client;
  {
    const auto timer = client->time("took", {{"step", "parse"}});
    client.clock->advance(1'500us);
  }
  CHECK(client.text() == "took:1.5|ms|#step:parse\n");
}

TEST_CASE("a timer that is stopped records once") {
  MemoryClient client;
  {
    auto timer = client->time("took");
    client.clock->advance(2ms);
    timer.stop();
    client.clock->advance(5ms);
    timer.stop();
  }
  CHECK(client.text() == "took:2|ms\n");
}

TEST_CASE("a timer that is cancelled records nothing") {
  MemoryClient client;
  {
    auto timer = client->time("took");
    client.clock->advance(2ms);
    timer.cancel();
    timer.stop();
  }
  CHECK(client.text().empty());
  CHECK(client->stats().called.samples == 0);
}

TEST_CASE("a timer that is moved records once, from its first start") {
  MemoryClient client;
  {
    auto timer = client->time("took");
    client.clock->advance(1ms);
    const auto later = std::move(timer);
    client.clock->advance(1ms);
  }
  CHECK(client.text() == "took:2|ms\n");
}

TEST_CASE("a timer tells the time since its start") {
  MemoryClient client;
  auto timer = client->time("took");
  client.clock->advance(3ms);
  CHECK(timer.elapsed() == 3ms);
  timer.cancel();
}

TEST_CASE("handles of timings, histograms and distributions make timers of their own type") {
  MemoryClient client;
  const pawl::Timing timing = client->timing("t");
  const pawl::Histogram histogram = client->histogram("h");
  const pawl::Distribution distribution = client->distribution("d");
  {
    const auto a = timing.time();
    const auto b = histogram.time();
    const auto c = distribution.time();
    client.clock->advance(4ms);
  }
  const auto sent = client.sent();
  for (const char* type : {"ms", "h", "d"}) {
    const std::string name = type == std::string{"ms"} ? "t" : type;
    REQUIRE(sent.of({type, name}).samples.size() == 1);
    CHECK(sent.of({type, name}).samples.front().value == 4);
  }
}

TEST_CASE("timers of a null client and of a refused name record nothing") {
  const pawl::Client null = pawl::Client::null();
  CHECK(null.time("took").elapsed() >= 0ms);
  MemoryClient client;
  { const auto timer = client->time("!"); }
  CHECK(client.text().empty());
  CHECK(client->stats()[pawl::Reject::name].samples == 1);
}

}  // namespace
