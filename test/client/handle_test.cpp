#include <chrono>
#include <cmath>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Reject;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using namespace std::chrono_literals;

// One of each.
struct Handles {
  pawl::Counter counter;
  pawl::Gauge gauge;
  pawl::Histogram histogram;
  pawl::Distribution distribution;
  pawl::Timing timing;
  pawl::Set set;

  void record() const {
    counter.add(2);
    gauge.set(3);
    histogram.record(4);
    distribution.record(5);
    timing.record(6ms);
    set.insert("m");
  }
};

Handles bind_all(const pawl::Client& client, std::string_view suffix = "x", pawl::Tags tags = {}) {
  const std::string name{suffix};
  return {client.counter(name, tags),
          client.gauge(name, tags),
          client.histogram(name, tags),
          client.distribution(name, tags),
          client.timing(name, tags),
          client.set(name, tags)};
}

TEST_CASE("a handle of every type records under its name and tags") {
  MemoryClient client;
  bind_all(*client, "x", {{"a", "b"}}).record();
  const auto sent = client.sent();
  CHECK(sent.count("x", {"a:b"}) == 2);
  CHECK(sent.gauge("x", {"a:b"}) == 3);
  CHECK(sent.of({"h", "x", {"a:b"}}).sum == 4);
  CHECK(sent.of({"d", "x", {"a:b"}}).sum == 5);
  CHECK(sent.of({"ms", "x", {"a:b"}}).sum == 6);
  CHECK(sent.of({"s", "x", {"a:b"}}).members.count("m") == 1);
}

TEST_CASE("a handle and the ad-hoc calls record into one context") {
  MemoryClient client;
  const pawl::Counter bound = client->counter("hits", {{"a", "1"}, {"b", "2"}});
  bound.add(1);
  client->count("hits", 2, {{"b", "2"}, {"a", "1"}});
  CHECK(client.text() == "hits:3|c|#a:1,b:2\n");
}

TEST_CASE("handles that were never made by a client record nothing") {
  const Handles nobody;
  nobody.record();
  CHECK(nobody.timing.time().elapsed() >= 0ms);
  pawl::Distribution{}.record(std::vector<double>{1, 2});
}

TEST_CASE("handles of a null client record nothing") {
  const pawl::Client null = pawl::Client::null();
  bind_all(null).record();
  CHECK(null.stats().called.samples == 0);
}

TEST_CASE("handles of a refused name count each record, with its value") {
  MemoryClient client;
  const Handles refused = bind_all(*client, "???");
  CHECK(client->stats().called.samples == 0);
  refused.record();
  refused.record();
  refused.histogram.record(std::vector<double>{1, 2, 3});
  CHECK(client.text().empty());
  const auto stats = client->stats();
  CHECK(stats[Reject::name].samples == 15);
  CHECK(stats[Reject::name].counted == 4);
  CHECK(stats.balanced());
}

TEST_CASE("a handle refuses values that are no numbers") {
  MemoryClient client;
  const Handles bound = bind_all(*client);
  bound.gauge.set(std::nan(""));
  bound.histogram.record(HUGE_VAL);
  bound.distribution.record(-HUGE_VAL);
  bound.timing.record(-1ms);
  bound.set.insert("");
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::value].samples == 5);
}

TEST_CASE("a handle that is bound again is the same metric") {
  MemoryClient client;
  for (int i = 0; i < 3; ++i) client->counter("hits").add();
  CHECK(client->stats().contexts == 1);
  CHECK(client.text() == "hits:3|c\n");
}

TEST_CASE("a handle that records nothing sends nothing") {
  MemoryClient client;
  bind_all(*client);
  CHECK(client.text().empty());
  CHECK(client->stats().contexts == 6);
}

TEST_CASE("a copy of a handle records as the first does") {
  MemoryClient client;
  const pawl::Counter first = client->counter("hits");
  const pawl::Counter copy = first;
  first.add();
  copy.add();
  CHECK(client.text() == "hits:2|c\n");
}

TEST_SUITE("concurrent") {
  TEST_CASE("a handle may be shared by threads") {
    MemoryClient client;
    const Handles bound = bind_all(*client);
    constexpr int kCalls = 3'000;
    on_threads(4, [&](std::size_t) {
      for (int i = 0; i < kCalls; ++i) bound.record();
    });
    const auto sent = client.sent();
    CHECK(sent.count("x") == 4 * kCalls * 2);
    CHECK(sent.gauge("x") == 3);
    CHECK(sent.of({"h", "x"}).weight() == 4 * kCalls);
    CHECK(sent.of({"d", "x"}).weight() == 4 * kCalls);
    CHECK(sent.of({"ms", "x"}).weight() == 4 * kCalls);
  }
}

}  // namespace
