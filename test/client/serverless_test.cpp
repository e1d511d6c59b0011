#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/plan.h"

namespace {

using pawl::Reject;
using pawl::Switch;
using pawl::client::make_plan;
using pawl::client::Surroundings;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using pawl::test::Tally;
using namespace std::chrono_literals;

MemoryClient serverless_client() {
  auto options = quiet_options();
  options.serverless = Switch::on;
  return MemoryClient{options};
}

TEST_CASE("on the serverless profile every value has a line of its own") {
  MemoryClient client = serverless_client();
  client->distribution("d", std::vector<double>{1, 2, 3});
  client->count("c", 4);
  client->gauge("g", 5);
  const std::string text = client.text();
  CHECK(text == "d:1|d\nd:2|d\nd:3|d\nc:4|c\ng:5|g\n");
  CHECK_FALSE(Tally{}.feed(text, {.serverless = true}).has_value());
}

TEST_CASE("on the serverless profile a rate keeps every sample, because nobody reads it") {
  MemoryClient client = serverless_client();
  for (int i = 0; i < 100; ++i) client->distribution("d", 1, {}, {.sample_rate = 0.1});
  const auto sent = client.sent();
  CHECK(sent.of({"d", "d"}).weight() == 100);
}

TEST_CASE("what the serverless receiver rejects is refused and counted") {
  MemoryClient client = serverless_client();
  client->histogram("h", 1);
  client->timing("t", 1ms);
  client->set("s", "m");
  client->event({.title = "t", .text = "x"});
  client->service_check({.name = "c"});
  client->histogram("h").record(1);
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::unsupported].samples == 6);
}

TEST_CASE("the profile is chosen by the environment, unless the option says otherwise") {
  Surroundings lambda;
  lambda.environment.serverless = true;
  auto options = quiet_options();
  CHECK(make_plan(options, lambda)->serverless);
  CHECK_FALSE(make_plan(options, Surroundings{})->serverless);
  options.serverless = Switch::off;
  CHECK_FALSE(make_plan(options, lambda)->serverless);
  options.serverless = Switch::on;
  CHECK(make_plan(options, Surroundings{})->serverless);
}

}  // namespace
