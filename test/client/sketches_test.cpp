// What a program sees of sketches: the same count, extremes and sum in few bytes, and the ledger.

#include <cmath>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/seed.h"

namespace {

using pawl::Distribution;
using pawl::Options;
using pawl::Reject;
using pawl::SendStatus;
using pawl::Switch;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using pawl::test::Random;
using namespace std::chrono_literals;

double latency(Random& random) {
  return 120 * std::exp(random.real() + random.real() + random.real() + random.real() - 2);
}

Options with_sketches(Switch sketches, Switch histogram_bins = Switch::automatic) {
  Options options = quiet_options();
  options.sketches = sketches;
  options.histogram_bins = histogram_bins;
  return options;
}

TEST_CASE("many samples of a distribution arrive as one sketch, in two datagrams") {
  PAWL_PRINT_SEED();
  Random random;
  MemoryClient client{quiet_options(), 8192};
  const Distribution distribution = client->distribution("d", {{"a", "b"}});
  double sum = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double value = latency(random);
    sum += value;
    distribution.record(value);
  }
  const auto sent = client.sent();
  CHECK(sent.payloads() <= 2);
  const auto& held = sent.of({"d", "d", {"a:b"}});
  CHECK(held.weight() == 200'000);
  CHECK(std::abs(held.sum - sum) < 1e-9 * sum);
  const auto stats = client->stats();
  CHECK(stats.handed_to_kernel.samples == 200'000);
  CHECK(stats.balanced());
}

TEST_CASE("the ledger counts the samples of a dropped sketch") {
  MemoryClient client;
  Random random;
  client.transport->behave(SendStatus::failed);
  for (int i = 0; i < 50'000; ++i) client->distribution("d", latency(random));
  CHECK_FALSE(client->flush(100ms));
  const auto stats = client->stats();
  CHECK(stats.dropped.total().samples == 50'000);
  CHECK(stats.balanced());
}

TEST_CASE("sketches that are off send every sample") {
  MemoryClient client{with_sketches(Switch::off)};
  Random random;
  for (int i = 0; i < 1'000; ++i) client->distribution("d", latency(random));
  CHECK(client.sent().of({"d", "d"}).samples.size() == 1'000);
}

TEST_CASE("histograms and timings keep each value, and send equal ones once") {
  MemoryClient client;
  for (int i = 0; i < 10'000; ++i) {
    client->histogram("h", i % 10);
    client->timing("t", std::chrono::milliseconds{i % 7});
    client->histogram("all", 0.001 * i);
  }
  const auto sent = client.sent();
  CHECK(sent.of({"h", "h"}).weight() == 10'000);
  CHECK(sent.of({"h", "h"}).samples.size() < 100);
  CHECK(sent.of({"ms", "t"}).weight() == 10'000);
  CHECK(sent.of({"h", "all"}).samples.size() == 10'000);
}

TEST_CASE("bins of histograms are there for who asks for them, and change neither count nor sum") {
  MemoryClient client{with_sketches(Switch::automatic, Switch::on)};
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    client->histogram("h", 1 + 0.001 * i);
    sum += 1 + 0.001 * i;
  }
  const auto sent = client.sent();
  const auto& held = sent.of({"h", "h"});
  CHECK(held.weight() == 10'000);
  CHECK(held.samples.size() < 2'000);
  CHECK(std::abs(held.sum - sum) < 1e-9 * sum);
  CHECK(held.sorted().front().value == 1.0);
  CHECK(held.sorted().back().value == 1 + 0.001 * 9'999);
}

TEST_CASE("the serverless profile has no sketches, and says so to who wants them") {
  Options options = with_sketches(Switch::on);
  options.serverless = Switch::on;
  MemoryClient client{std::move(options)};
  REQUIRE(client->warnings().size() == 1);
  CHECK(client->warnings()[0] == "Options::sketches is off: the serverless profile reads no rates");
  for (int i = 0; i < 300; ++i) client->distribution("d", i % 3);
  CHECK(client.sent().of({"d", "d"}).samples.size() == 300);
}

TEST_CASE("bins of histograms without sketches are told to be off") {
  MemoryClient client{with_sketches(Switch::off, Switch::on)};
  REQUIRE(client->warnings().size() == 1);
  CHECK(client->warnings()[0].find("histogram_bins") != std::string::npos);
}

TEST_CASE("a rate of the caller weighs as before when samples are many") {
  MemoryClient client;
  Random random;
  const pawl::CallOptions tenth{.sample_rate = 0.1};
  for (int i = 0; i < 50'000; ++i) client->distribution("d", latency(random), {}, tenth);
  const auto sent = client.sent();
  const auto stats = client->stats();
  const std::uint64_t kept = stats.called.samples - stats[Reject::sampled_out].samples;
  CHECK(sent.of({"d", "d"}).weight() == static_cast<std::int64_t>(10 * kept));
  CHECK(stats.handed_to_kernel.samples == kept);
}

}  // namespace
