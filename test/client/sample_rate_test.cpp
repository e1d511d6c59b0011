#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Reject;
using pawl::Repair;
using pawl::SampleRate;
using pawl::test::MemoryClient;
using namespace std::chrono_literals;

constexpr int kCalls = 20'000;
const pawl::CallOptions kQuarter{.sample_rate = 0.25};

// Within six standard deviations of a quarter of the calls.
bool is_about_a_quarter(std::uint64_t kept) {
  return std::abs(static_cast<double>(kept) - kCalls / 4.0) < 6 * std::sqrt(kCalls * 0.25 * 0.75);
}

std::uint64_t kept_of(const pawl::test::Held& held) {
  REQUIRE(held.weight() % 4 == 0);
  return static_cast<std::uint64_t>(held.weight()) / 4;
}

TEST_CASE("a rate keeps its share of calls, and each kept one weighs as those left out") {
  MemoryClient client;
  for (int i = 0; i < kCalls; ++i) client->distribution("d", 1, {}, kQuarter);
  const auto sent = client.sent();
  const auto& held = sent.of({"d", "d"});
  const auto stats = client->stats();
  const std::uint64_t kept = stats.handed_to_kernel.samples;
  CHECK(is_about_a_quarter(kept));
  CHECK(held.weight() == static_cast<std::int64_t>(4 * kept));
  CHECK(stats.called.samples == kCalls);
  CHECK(stats[Reject::sampled_out].samples == kCalls - kept);
  CHECK(stats.balanced());
}

TEST_CASE("a rate is written on the line that it applies to, and only there") {
  MemoryClient client;
  const pawl::CallOptions nearly{.sample_rate = 0.75};
  while (client->stats().pending.samples == 0) client->histogram("h", 2, {}, nearly);
  client->histogram("h", 3);
  CHECK(client.text() == "h:2|h|@0.75\nh:3|h\n");
}

TEST_CASE("handles keep their share too") {
  MemoryClient client;
  const pawl::Histogram histogram = client->histogram("h", {}, kQuarter);
  const pawl::Timing timing = client->timing("t", {}, kQuarter);
  for (int i = 0; i < kCalls; ++i) {
    histogram.record(1);
    timing.record(1ms);
  }
  const auto sent = client.sent();
  CHECK(is_about_a_quarter(kept_of(sent.of({"h", "h"}))));
  CHECK(is_about_a_quarter(kept_of(sent.of({"ms", "t"}))));
}

TEST_CASE("of many values each is kept or left out for itself") {
  MemoryClient client;
  client->distribution("d", std::vector<double>(kCalls, 1.0), {}, kQuarter);
  CHECK(is_about_a_quarter(kept_of(client.sent().of({"d", "d"}))));
}

TEST_CASE("counts, gauges and sets are recorded whole, whatever the rate") {
  MemoryClient client;
  for (int i = 0; i < 100; ++i) {
    client->count("c", 1, {}, kQuarter);
    client->gauge("g", i, {}, kQuarter);
    client->set("s", std::to_string(i), {}, kQuarter);
  }
  const auto sent = client.sent();
  CHECK(sent.count("c") == 100);
  CHECK(sent.gauge("g") == 99);
  CHECK(sent.of({"s", "s"}).members.size() == 100);
  CHECK(client->stats()[Reject::sampled_out].samples == 0);
}

TEST_CASE("a rate that is none counts as 1, and is counted") {
  MemoryClient client;
  for (const double bad : {0.0, -0.5, 1.5, std::nan(""), HUGE_VAL})
    client->distribution("d", 1, {}, {.sample_rate = bad});
  CHECK(client.text() == "d:1:1:1:1:1|d\n");
  CHECK(client->stats()[Repair::sample_rate] == 5);
}

TEST_CASE("a rate that is none is counted for every type") {
  MemoryClient client;
  const pawl::CallOptions bad{.sample_rate = 2};
  client->count("c", 1, {}, bad);
  client->gauge("g", 1, {}, bad);
  client->set("s", "m", {}, bad);
  client->timing("t", 1ms, {}, bad);
  client->histogram("h", {}, bad).record(1);
  CHECK(client->stats()[Repair::sample_rate] == 5);
  CHECK(client.sent().contexts().size() == 5);
}

TEST_CASE("a strong type takes only what is a rate") {
  CHECK(SampleRate::from(0.5)->value() == 0.5F);
  CHECK(SampleRate::from(1)->value() == 1.0F);
  for (const double bad : {0.0, -1.0, 1.0001, std::nan("")}) CHECK_FALSE(SampleRate::from(bad));
  CHECK(SampleRate::from(7).error().message.find("7") != std::string::npos);
}

TEST_CASE("each of many rates of one metric arrives with its own weight") {
  MemoryClient client;
  for (const double rate : {0.5, 0.25, 0.125})
    for (int i = 0; i < 1'000; ++i) client->distribution("d", rate, {}, {.sample_rate = rate});
  const auto sent = client.sent();
  std::map<double, std::int64_t> weights;
  for (const auto& sample : sent.of({"d", "d"}).samples) weights[sample.value] += sample.weight;
  CHECK(weights.size() == 3);
  for (const auto& [rate, weight] : weights) {
    CHECK(weight % static_cast<std::int64_t>(1 / rate) == 0);
    CHECK(weight > 600);
    CHECK(weight < 1'400);
  }
}

}  // namespace
