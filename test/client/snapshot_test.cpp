// A program's own view of what it has sent.

#include <atomic>
#include <chrono>
#include <cmath>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/alloc_counter.h"

namespace {

using pawl::Distribution;
using pawl::MetricType;
using pawl::Options;
using pawl::Snapshot;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

TEST_CASE("a quantile is that of the samples which the last flush sent") {
  MemoryClient client;
  const Distribution latency = client->distribution("latency", {{"route", "/v1"}});
  for (int i = 1; i <= 101; ++i) latency.record(i);
  CHECK(std::isnan(latency.quantile(0.5)));
  client->flush();
  CHECK(latency.quantile(0.5) == 51.0);
  CHECK(latency.quantile(0.95) == 96.0);
  latency.record(1'000);
  CHECK(latency.quantile(1.0) == 101.0);
  client->flush();
  CHECK(latency.quantile(0.5) == 1'000.0);
  client->flush();
  CHECK(std::isnan(latency.quantile(0.5)));
}

TEST_CASE("a quantile of many samples is within 1/128") {
  MemoryClient client;
  const Distribution latency = client->distribution("latency");
  for (int i = 0; i < 100'000; ++i) latency.record(1 + 0.01 * (i % 10'001));
  client->flush();
  for (const double q : {0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999})
    CHECK(latency.quantile(q) == doctest::Approx(1 + 100 * q).epsilon(1.0 / 100));
  CHECK(latency.quantile(0) == 1.0);
  CHECK(latency.quantile(1) == 1 + 0.01 * 10'000);
}

TEST_CASE("handles that record nothing have no quantile") {
  CHECK(std::isnan(Distribution{}.quantile(0.5)));
  CHECK(std::isnan(pawl::Client::null().distribution("d").quantile(0.5)));
  MemoryClient client;
  CHECK(std::isnan(client->distribution("").quantile(0.5)));
}

TEST_CASE("a snapshot has every context with samples, and no other") {
  MemoryClient client;
  client->distribution("d", 3, {{"b", "2"}, {"a", "1"}});
  client->distribution("d", 5, {{"a", "1"}, {"b", "2"}});
  client->histogram("h", 7);
  client->timing("t", 250us);
  client->count("c");
  client->gauge("g", 1);
  CHECK(client->snapshot().metrics.empty());
  client->flush();
  const Snapshot snapshot = client->snapshot();
  CHECK(snapshot.metrics.size() == 3);
  const auto* d = snapshot.find("d", "a:1,b:2");
  REQUIRE(d != nullptr);
  CHECK(d->type == MetricType::distribution);
  CHECK(d->count == 2);
  CHECK(d->sum == 8);
  CHECK(d->min == 3);
  CHECK(d->max == 5);
  REQUIRE(snapshot.find("t") != nullptr);
  CHECK(snapshot.find("t")->quantile(0.5) == 0.25);
  CHECK(snapshot.find("h")->type == MetricType::histogram);
  CHECK(snapshot.find("d") == nullptr);
}

TEST_CASE("two types of one name are told apart in a snapshot") {
  MemoryClient client;
  client->distribution("x", 1);
  client->histogram("x", 2);
  client->flush();
  const Snapshot snapshot = client->snapshot();
  REQUIRE(snapshot.metrics.size() == 2);
  REQUIRE(snapshot.find("x", "", MetricType::histogram) != nullptr);
  CHECK(snapshot.find("x", "", MetricType::histogram)->sum == 2);
  CHECK(snapshot.find("x", "", MetricType::distribution)->sum == 1);
  CHECK(snapshot.find("x", "", MetricType::timing) == nullptr);
}

TEST_CASE("rates of one context are put together in a snapshot") {
  MemoryClient client;
  const pawl::CallOptions half{.sample_rate = 0.5};
  while (client->stats().pending.samples < 10) client->distribution("d", 4, {}, half);
  client->distribution("d", 2);
  client->flush();
  const Snapshot snapshot = client->snapshot();
  REQUIRE(snapshot.metrics.size() == 1);
  CHECK(snapshot.metrics[0].count == 21);
  CHECK(snapshot.metrics[0].sum == 82);
}

TEST_CASE("an interval that took much memory is not kept") {
  Options options = quiet_options();
  options.max_sample_bytes = 64 << 10;
  options.sketches = pawl::Switch::off;
  MemoryClient client{std::move(options)};
  const Distribution distribution = client->distribution("d");
  for (int i = 0; i < 500; ++i) distribution.record(i);
  client->flush();
  CHECK(distribution.quantile(1) == 499);
  for (int i = 0; i < 2'000; ++i) distribution.record(i);
  client->flush();
  CHECK(std::isnan(distribution.quantile(1)));
  CHECK(client->stats().handed_to_kernel.samples == 2'500);
}

TEST_CASE("of an interval that took much memory the sketches are kept") {
  Options options = quiet_options();
  options.max_sample_bytes = 64 << 10;
  MemoryClient client{std::move(options)};
  const Distribution distribution = client->distribution("d");
  const pawl::Histogram histogram = client->histogram("h");
  for (int i = 0; i < 2'000; ++i) {
    distribution.record(100 + i % 100);
    histogram.record(i);
  }
  client->flush();
  CHECK(distribution.quantile(1) == 199);
  CHECK(std::isnan(histogram.quantile(1)));
  CHECK(client->snapshot().metrics.size() == 1);
  CHECK(client->stats().handed_to_kernel.samples == 4'000);
}

TEST_CASE("the tags of a child with its own service are in a snapshot without the global ones") {
  Options options = quiet_options();
  options.global_tags = {{"env", "prod"}, {"service", "api"}, {"team", "a"}};
  MemoryClient client{std::move(options)};
  const pawl::Client child = client->child({.tags = {{"service", "worker"}}});
  child.distribution("d", 1, {{"b", "2"}});
  client->distribution("d", 1, {{"b", "2"}});
  client->flush();
  const Snapshot snapshot = client->snapshot();
  CHECK(snapshot.find("d", "b:2") != nullptr);
  CHECK(snapshot.find("d", "b:2,service:worker") != nullptr);
}

TEST_CASE("a snapshot that finds no memory is empty, and a quantile is none") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  const Distribution distribution = client->distribution("d");
  distribution.record(1);
  client->flush();
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK(client->snapshot().metrics.empty());
  }
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK(std::isnan(distribution.quantile(0.5)));
  }
  CHECK(distribution.quantile(0.5) == 1);
}

TEST_CASE("a context that has expired is in no snapshot under another's name") {
  Options options = quiet_options();
  options.context_expiry = std::chrono::seconds{1};
  MemoryClient client{std::move(options)};
  for (int i = 0; i < 200; ++i) {
    const std::string name = "d" + std::to_string(i);
    client->distribution(name, i);
    client->flush();
    const Snapshot snapshot = client->snapshot();
    REQUIRE(snapshot.metrics.size() == 1);
    REQUIRE(snapshot.metrics[0].name == name);
    REQUIRE(snapshot.metrics[0].max == i);
    client.clock->advance(2s);
  }
}

TEST_SUITE("concurrent") {
  TEST_CASE("threads may ask while others record and the client flushes") {
    Options options = quiet_options();
    options.background = pawl::Background::threads;
    MemoryClient client{std::move(options)};
    const Distribution distribution = client->distribution("d");
    std::atomic<bool> done{false};
    std::thread recorder{[&] {
      for (; !done; std::this_thread::yield()) distribution.record(5);
    }};
    std::atomic<bool> right{true};
    std::thread asker{[&] {
      for (; !done; std::this_thread::yield()) {
        const double median = distribution.quantile(0.5);
        if (std::abs(median - 5) > 5.0 / 128) right = false;
        for (const auto& metric : client->snapshot().metrics)
          if (metric.max != 5) right = false;
      }
    }};
    for (int i = 0; i < 200; ++i) client->flush();
    done = true;
    recorder.join();
    asker.join();
    CHECK(right);
    client->close();
    CHECK(client->stats().balanced());
  }
}

}  // namespace
