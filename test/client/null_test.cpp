#include <chrono>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Client;
using pawl::test::MemoryClient;
using namespace std::chrono_literals;

void call_everything(const Client& client) {
  client.count("a");
  client.gauge("a", 1);
  client.histogram("a", 1);
  client.histogram("a", std::vector<double>{1, 2});
  client.distribution("a", 1);
  client.distribution("a", std::vector<double>{1, 2});
  client.timing("a", 1ms);
  client.set("a", "m");
  client.count_at("a", 1, std::chrono::system_clock::time_point{1s});
  client.gauge_at("a", 1, std::chrono::system_clock::time_point{1s});
  client.event({.title = "a", .text = "b"});
  client.service_check({.name = "a"});
  const auto timer = client.time("a");
}

TEST_CASE("a null client takes every call and says that nothing happened") {
  const Client null = Client::null();
  call_everything(null);
  CHECK(null.flush());
  CHECK_FALSE(null.close());
  CHECK(null.stats().called.samples == 0);
  CHECK(null.stats().balanced());
  CHECK(null.warnings().empty());
}

TEST_CASE("a child of a null client is null") {
  const Client child = Client::null().child({.prefix = "x."});
  call_everything(child);
  CHECK(child.stats().called.samples == 0);
}

TEST_CASE("a client that was moved from is null") {
  MemoryClient client;
  const Client taken = std::move(*client);
  call_everything(*client);
  CHECK(client->stats().called.samples == 0);
  taken.count("a");
  CHECK(taken.stats().called.samples == 1);
}

TEST_CASE("a client may be moved onto another, which lives on in its place") {
  MemoryClient first;
  MemoryClient second;
  first->count("a");
  *second = std::move(*first);
  second->count("a");
  CHECK(second->flush());
  CHECK(first.transport->take_lines() == std::vector<std::string>{"a:2|c"});
}

}  // namespace
