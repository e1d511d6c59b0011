#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::CheckStatus;
using pawl::Reject;
using pawl::test::MemoryClient;
using namespace std::chrono_literals;

TEST_CASE("each status has its number") {
  MemoryClient client;
  for (const auto status :
       {CheckStatus::ok, CheckStatus::warning, CheckStatus::critical, CheckStatus::unknown})
    client->service_check({.name = "db", .status = status});
  CHECK(client.text() == "_sc|db|0\n_sc|db|1\n_sc|db|2\n_sc|db|3\n");
  CHECK(client->stats().service_checks == 4);
}

TEST_CASE("a check carries all that it was given, the message last") {
  MemoryClient client;
  client->service_check({.name = "db.can_connect",
                         .status = CheckStatus::critical,
                         .tags = {{"db", "main"}},
                         .message = "no route\nfrom: m:here",
                         .host = "db-1",
                         .timestamp = std::chrono::system_clock::time_point{1'700'000'000s},
                         .cardinality = pawl::Cardinality::none});
  const auto sent = client.sent();
  REQUIRE(sent.service_checks().size() == 1);
  const auto& check = sent.service_checks().front();
  CHECK(check.name == "db.can_connect");
  CHECK(check.status == 2);
  CHECK(check.tags == std::vector<std::string>{"db:main"});
  CHECK(check.message == "no route\nfrom: m:here");
  CHECK(check.host == "db-1");
  CHECK(check.timestamp == 1'700'000'000);
  CHECK(check.cardinality == "none");
}

TEST_CASE("a check without a name is refused") {
  MemoryClient client;
  client->service_check({.name = ""});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::name].samples == 1);
}

TEST_CASE("a check whose name is longer than 200 bytes is refused") {
  MemoryClient client;
  client->service_check({.name = std::string(200, 'n')});
  CHECK(client.sent().service_checks().size() == 1);
  const std::string longer(201, 'n');
  client->service_check({.name = longer});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::name].samples == 1);
}

TEST_CASE("a message cannot end the line") {
  MemoryClient client;
  client->service_check({.name = "db", .message = "a|#host:evil\nb:1|c"});
  const auto sent = client.sent();
  REQUIRE(sent.service_checks().size() == 1);
  CHECK(sent.service_checks().front().message == "a_#host:evil\nb:1_c");
  CHECK(sent.metric_lines() == 0);
}

}  // namespace
