// Histograms, distributions and timings: every value arrives as it was recorded.

#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Reject;
using pawl::test::Context;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using namespace std::chrono_literals;

TEST_CASE("values of a histogram are packed into one line") {
  MemoryClient client;
  client->histogram("size", 1);
  client->histogram("size", 2.5);
  client->histogram("size", -3);
  CHECK(client.text() == "size:1:2.5:-3|h\n");
}

TEST_CASE("values of a distribution are packed into one line") {
  MemoryClient client;
  client->distribution("latency", 12.5, {{"route", "/v1"}});
  client->distribution("latency", 12.5, {{"route", "/v1"}});
  CHECK(client.text() == "latency:12.5:12.5|d|#route:/v1\n");
}

TEST_CASE("a timing goes out as milliseconds with their fraction") {
  MemoryClient client;
  client->timing("took", 1500us);
  client->timing("took", 2s);
  client->timing("took", 0s);
  CHECK(client.text() == "took:1.5:2000:0|ms\n");
}

TEST_CASE("a histogram and a timing of one name are two metrics") {
  MemoryClient client;
  client->histogram("took", 1);
  client->timing("took", 1ms);
  CHECK(client->stats().contexts == 2);
  CHECK(client.sent().contexts().size() == 2);
}

TEST_CASE("many values in one call are each a sample") {
  MemoryClient client;
  const std::vector<double> values{1, 2, 3, 4};
  client->distribution("d", values);
  client->histogram("h", std::span<const double>{values}.first(2));
  CHECK(client.text() == "d:1:2:3:4|d\nh:1:2|h\n");
  CHECK(client->stats().called.samples == 6);
}

TEST_CASE("of many values in one call only those that are no numbers are refused") {
  MemoryClient client;
  const std::vector<double> values{1, std::nan(""), 3, std::numeric_limits<double>::infinity()};
  client->distribution("d", values);
  CHECK(client.text() == "d:1:3|d\n");
  CHECK(client->stats()[Reject::value].samples == 2);
}

TEST_CASE("no values in one call are no samples") {
  MemoryClient client;
  client->distribution("d", std::span<const double>{});
  client->distribution("", std::span<const double>{});
  CHECK(client.text().empty());
  CHECK(client->stats().called.samples == 0);
}

TEST_CASE("a refused name refuses each of many values") {
  MemoryClient client;
  const std::vector<double> values{1, 2, 3};
  client->histogram("!", values);
  CHECK(client->stats()[Reject::name].samples == 3);
}

TEST_CASE("a negative duration is refused") {
  MemoryClient client;
  client->timing("took", -1ns);
  client->timing("took", std::chrono::duration<double, std::milli>{std::nan("")});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::value].samples == 2);
}

TEST_CASE("numbers arrive as they were, to the last bit") {
  MemoryClient client;
  const std::vector<double> values{0.1,
                                   1e-5,
                                   1e300,
                                   -0.0,
                                   123456789.123456789,
                                   std::numeric_limits<double>::denorm_min(),
                                   std::numeric_limits<double>::max()};
  client->distribution("d", values);
  const auto sent = client.sent();
  const auto& samples = sent.of({"d", "d"}).samples;
  REQUIRE(samples.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(samples[i].value == values[i]);
}

TEST_CASE("more samples than a ring holds all arrive, in order") {
  pawl::Options options = pawl::test::quiet_options();
  options.sketches = pawl::Switch::off;
  MemoryClient client{std::move(options)};
  constexpr int kSamples = 50'000;
  const pawl::Distribution bound = client->distribution("d");
  for (int i = 0; i < kSamples; ++i) bound.record(i);
  const auto sent = client.sent();
  const auto& samples = sent.of({"d", "d"}).samples;
  REQUIRE(samples.size() == kSamples);
  bool in_order = true;
  for (int i = 0; i < kSamples; ++i)
    in_order = in_order && samples[static_cast<std::size_t>(i)].value == i;
  CHECK(in_order);
}

TEST_SUITE("concurrent") {
  TEST_CASE("samples of all threads arrive, also when rings overflow") {
    constexpr std::size_t kThreads = 3;
    constexpr int kCalls = 20'000;
    MemoryClient client;
    on_threads(kThreads, [&](std::size_t number) {
      const std::string name = "d" + std::to_string(number);
      for (int i = 0; i < kCalls; ++i) {
        client->distribution(name, i);
        client->timing("all", std::chrono::milliseconds{1});
        if (number == 0 && i % 4'000 == 0) client->flush();
      }
    });
    // Flushed in between, too: this is what came in all.
    CHECK(client.sent().of(Context{"ms", "all"}).weight() == kThreads * kCalls);
    CHECK(client->stats().handed_to_kernel.samples == 2 * kThreads * kCalls);
  }
}

}  // namespace
