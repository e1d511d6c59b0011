// Recording what is known: no allocation, no lock, no system call.

#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/alloc_counter.h"
#include "support/lock_counter.h"
#include "support/system_calls.h"

namespace {

using pawl::Client;
using pawl::Tag;
using pawl::test::AllocCounter;
using pawl::test::LockCounter;
using pawl::test::makes_no_system_call;
using pawl::test::MemoryClient;
using namespace std::chrono_literals;

const std::array<Tag, 5> kTags{
    {{"service", "api"}, {"route", "/v1/chat"}, {"model", "large"}, {"zone", "a"}, {"tier", "l2"}}};
const std::array<double, 4> kValues{1, 2, 3, 4};
const std::string kMember = "a-member-that-is-too-long-for-a-small-string";

void record_ad_hoc(const Client& client, const pawl::CallOptions& options = {}) {
  client.count("requests", 1, kTags, options);
  client.gauge("load", 1.5, kTags, options);
  client.histogram("size", 2, kTags, options);
  client.distribution("latency", 2, kTags, options);
  client.distribution("latency", kValues, kTags, options);
  client.timing("took", 3ms, kTags, options);
}

// What is refused or repaired each time is no reason to be slow.
void record_oddly(const Client& client) {
  client.count("odd name", 1, {{"a", "b|c"}});
  client.count("!", 1);
  client.gauge("load", HUGE_VAL, kTags);
  client.timing("took", -1ms, kTags);
  client.count("requests", 1, kTags, {.sample_rate = -1});
}

struct Handles {
  explicit Handles(const Client& client, const pawl::CallOptions& options = {})
      : counter(client.counter("requests", kTags, options)),
        gauge(client.gauge("load", kTags, options)),
        histogram(client.histogram("size", kTags, options)),
        distribution(client.distribution("latency", kTags, options)),
        timing(client.timing("took", kTags, options)),
        refused(client.counter("!")) {}

  void record() const {
    counter.add();
    gauge.set(2);
    histogram.record(3);
    distribution.record(4);
    distribution.record(kValues);
    timing.record(5ms);
    { const auto timer = timing.time(); }
    refused.add(1);
  }

  pawl::Counter counter;
  pawl::Gauge gauge;
  pawl::Histogram histogram;
  pawl::Distribution distribution;
  pawl::Timing timing;
  pawl::Counter refused;
};

// Runs `body` until it is warm, then counts.
template <class Body>
void check_free(const Body& body) {
  body();
  body();
  const AllocCounter allocations;
  const LockCounter locks;
  for (int i = 0; i < 50; ++i) body();
  CHECK(allocations.allocations() == 0);
  CHECK(allocations.frees() == 0);
  CHECK(locks.locks() == 0);
}

TEST_CASE("an ad-hoc call of a known shape allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  check_free([&] { record_ad_hoc(*client); });
  check_free([&] { record_ad_hoc(*client, {.sample_rate = 0.5}); });
  check_free([&] { record_ad_hoc(*client, {.cardinality = pawl::Cardinality::low}); });
}

TEST_CASE("a bound call allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  const Handles bound{*client};
  check_free([&] { bound.record(); });
  const Handles sampled{*client, {.sample_rate = 0.5}};
  check_free([&] { sampled.record(); });
}

TEST_CASE("a child's calls allocate nothing and take no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  const Client child = client->child({.prefix = "c.", .tags = {{"a", "b"}}});
  check_free([&] { record_ad_hoc(child); });
}

TEST_CASE("a call that is refused or repaired each time allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  check_free([&] { record_oddly(*client); });
}

TEST_CASE("a call of a closed or a null client allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  client->close();
  check_free([&] { record_ad_hoc(*client); });
  const Client null = Client::null();
  check_free([&] { record_ad_hoc(null); });
}

TEST_CASE("a set's known member allocates nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client;
  const pawl::Set bound = client->set("users", kTags);
  const auto body = [&] {
    client->set("users", kMember, kTags);
    bound.insert(kMember);
  };
  body();
  const AllocCounter allocations;
  body();
  CHECK(allocations.allocations() == 0);
}

TEST_CASE("recording makes no system call") {
  MemoryClient client;
  const Handles bound{*client};
  CHECK(makes_no_system_call([&] {
    record_ad_hoc(*client);
    record_ad_hoc(*client, {.sample_rate = 0.5});
    record_oddly(*client);
    bound.record();
    client->set("users", kMember, kTags);
  }));
}

TEST_CASE("recording makes no system call beside background threads") {
  auto options = pawl::test::quiet_options();
  options.background = pawl::Background::threads;
  MemoryClient client{options};
  const Handles bound{*client};
  // In the child of the proof the threads start while it warms up.
  CHECK(makes_no_system_call([&] {
    record_ad_hoc(*client);
    bound.record();
  }));
}

TEST_CASE("no call changes errno") {
  MemoryClient client;
  client.transport->behave(pawl::SendStatus::unreachable);
  errno = 77;
  record_ad_hoc(*client);
  record_oddly(*client);
  client->set("users", kMember);
  client->event({.title = "t", .text = "x"});
  client->flush(0ms);
  client->stats();
  client->close(0ms);
  CHECK(errno == 77);
}

TEST_CASE("making, flushing and closing a client whose Agent is missing changes no errno") {
  errno = 77;
  {
    auto options = pawl::test::quiet_options();
    options.address = "unix:///nonexistent/dsd.socket";
    options.origin_detection = pawl::Switch::on;
    const auto client = Client::create(options);
    client->count("a");
    client->flush(0ms);
    client->close(0ms);
  }
  CHECK(errno == 77);
}

}  // namespace
