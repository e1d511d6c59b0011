#include <chrono>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Cardinality;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

TEST_CASE("without a cardinality the field is left out") {
  MemoryClient client;
  client->count("a");
  CHECK(client.text() == "a:1|c\n");
}

TEST_CASE("the client's cardinality is on every line") {
  auto options = quiet_options();
  options.cardinality = Cardinality::orchestrator;
  MemoryClient client{options};
  client->count("a");
  client->event({.title = "t", .text = "x"});
  client->service_check({.name = "c", .message = "m"});
  CHECK(client.text() ==
        "a:1|c|card:orchestrator\n"
        "_e{1,1}:t|x|card:orchestrator\n"
        "_sc|c|0|card:orchestrator|m:m\n");
}

TEST_CASE("a call's cardinality wins over the client's, for every type") {
  auto options = quiet_options();
  options.cardinality = Cardinality::low;
  MemoryClient client{options};
  const pawl::CallOptions high{.cardinality = Cardinality::high};
  client->count("a", 1, {}, high);
  client->gauge("a", 1, {}, high);
  client->histogram("a", 1, {}, high);
  client->distribution("a", 1, {}, high);
  client->timing("a", 1ms, {}, high);
  client->set("a", "m", {}, high);
  client->gauge_at("a", 1, client.clock->wall_now(), {}, high);
  client->event({.title = "t", .text = "x", .cardinality = Cardinality::high});
  client->service_check({.name = "c", .cardinality = Cardinality::high});
  CHECK(client.text() ==
        "a:1|h|card:high\na:1|d|card:high\na:1|ms|card:high\na:m|s|card:high\n"
        "a:1|c|card:high\na:1|g|card:high\n"
        "a:1|g|T1700000000|card:high\n"
        "_e{1,1}:t|x|card:high\n_sc|c|0|card:high\n");
}

TEST_CASE("two cardinalities of one metric are two lines") {
  MemoryClient client;
  client->count("a", 1, {}, {.cardinality = Cardinality::none});
  client->count("a", 2, {}, {.cardinality = Cardinality::high});
  client->count("a", 3);
  CHECK(client.text() == "a:1|c|card:none\na:2|c|card:high\na:3|c\n");
}

TEST_CASE("a handle keeps the cardinality that it was bound with") {
  MemoryClient client;
  const pawl::Counter bound = client->counter("a", {}, {.cardinality = Cardinality::none});
  bound.add();
  CHECK(client.text() == "a:1|c|card:none\n");
}

TEST_CASE("the last gauge wins, whether the client or the call said the cardinality") {
  auto options = quiet_options();
  options.cardinality = Cardinality::low;
  MemoryClient client{options};
  client->gauge("a", 1);
  client->gauge("a", 2, {}, {.cardinality = Cardinality::low});
  client->gauge("a", 3);
  CHECK(client.text() == "a:3|g|card:low\n");
}

}  // namespace
