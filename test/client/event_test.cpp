#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::AlertType;
using pawl::Cardinality;
using pawl::Priority;
using pawl::Reject;
using pawl::test::MemoryClient;
using namespace std::chrono_literals;

TEST_CASE("an event of title and text says only these") {
  MemoryClient client;
  client->event({.title = "deploy", .text = "done"});
  CHECK(client.text() == "_e{6,4}:deploy|done\n");
  CHECK(client->stats().events == 1);
}

TEST_CASE("an event carries all that it was given") {
  MemoryClient client;
  client->event({.title = "deploy",
                 .text = "line one\nline two",
                 .tags = {{"service", "api"}},
                 .alert_type = AlertType::error,
                 .priority = Priority::low,
                 .aggregation_key = "release 7",
                 .source_type = "ci",
                 .host = "build-1",
                 .timestamp = std::chrono::system_clock::time_point{1'700'000'000s},
                 .cardinality = Cardinality::low});
  const auto sent = client.sent();
  REQUIRE(sent.events().size() == 1);
  const auto& event = sent.events().front();
  CHECK(event.title == "deploy");
  CHECK(event.text == "line one\nline two");
  CHECK(event.tags == std::vector<std::string>{"service:api"});
  CHECK(event.alert_type == "error");
  CHECK(event.priority == "low");
  CHECK(event.aggregation_key == "release 7");
  CHECK(event.source == "ci");
  CHECK(event.host == "build-1");
  CHECK(event.timestamp == 1'700'000'000);
  CHECK(event.cardinality == "low");
}

TEST_CASE("every alert type has its word") {
  MemoryClient client;
  for (const auto type : {AlertType::info, AlertType::warning, AlertType::success})
    client->event({.title = "a", .text = "b", .alert_type = type});
  CHECK(client.text() == "_e{1,1}:a|b\n_e{1,1}:a|b|t:warning\n_e{1,1}:a|b|t:success\n");
}

TEST_CASE("an event has no prefix") {
  auto options = pawl::test::quiet_options();
  options.prefix = "ai.";
  MemoryClient client{options};
  client->event({.title = "deploy", .text = "done"});
  CHECK(client.text() == "_e{6,4}:deploy|done\n");
}

TEST_CASE("an event without title or text is refused") {
  MemoryClient client;
  client->event({.title = "", .text = "done"});
  client->event({.title = "deploy", .text = ""});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::name].samples == 2);
}

TEST_CASE("events keep their order and come to the Agent once each") {
  MemoryClient client;
  client->event({.title = "one", .text = "x"});
  client->event({.title = "two", .text = "x"});
  client->event({.title = "one", .text = "x"});
  const auto sent = client.sent();
  REQUIRE(sent.events().size() == 3);
  CHECK(sent.events()[1].title == "two");
}

TEST_CASE("lengths are those of the escaped bytes") {
  MemoryClient client;
  client->event({.title = "\xC3\xA9\n", .text = "a|b"});
  CHECK(client.text() == "_e{4,3}:\xC3\xA9\\n|a|b\n");
}

TEST_CASE("an event longer than a datagram is refused") {
  MemoryClient client;
  client->event({.title = "deploy", .text = std::string(2'000, 'x')});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::line_too_long].samples == 1);
}

TEST_CASE("an event with more than 100 tags is refused") {
  std::vector<std::string> values;
  for (int i = 0; i < 101; ++i) values.push_back(std::to_string(i));
  std::vector<pawl::Tag> tags;
  for (const std::string& value : values) tags.push_back({"k", value});
  MemoryClient client;
  client->event({.title = "deploy", .text = "done", .tags = tags});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::tags].samples == 1);
}

}  // namespace
