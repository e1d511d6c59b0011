#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/plan.h"

namespace {

using pawl::Options;
using pawl::OwnedTag;
using pawl::client::make_plan;
using pawl::client::Surroundings;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;

std::string joined(const std::vector<OwnedTag>& options, const std::vector<OwnedTag>& environment) {
  Options own = quiet_options();
  own.global_tags = options;
  Surroundings around;
  around.environment.tags = environment;
  return make_plan(own, around)->constants.global_tags;
}

TEST_CASE("global tags stand on every line") {
  auto options = quiet_options();
  options.global_tags = {{"env", "prod"}, {"canary", ""}};
  MemoryClient client{options};
  client->count("a", 1, {{"x", "y"}});
  client->event({.title = "t", .text = "x"});
  client->service_check({.name = "c"});
  CHECK(client.text() ==
        "a:1|c|#canary,env:prod,x:y\n"
        "_e{1,1}:t|x|#canary,env:prod\n"
        "_sc|c|0|#canary,env:prod\n");
}

TEST_CASE("a call's tag that is global already is not written twice") {
  auto options = quiet_options();
  options.global_tags = {{"env", "prod"}};
  MemoryClient client{options};
  client->gauge("a", 1, {{"env", "prod"}});
  client->gauge("a", 2);
  CHECK(client.text() == "a:2|g|#env:prod\n");
}

TEST_CASE("global tags may have the keys that the Agent obeys") {
  auto options = quiet_options();
  options.global_tags = {{"host", "h1"}};
  MemoryClient client{options};
  client->count("a");
  CHECK(client.text() == "a:1|c|#host:h1\n");
}

TEST_CASE("bytes that would break the line are repaired in global tags") {
  auto options = quiet_options();
  options.global_tags = {{"a", "b|c,d\n"}};
  MemoryClient client{options};
  client->count("a");
  CHECK(client.text() == "a:1|c|#a:b_c_d_\n");
}

TEST_CASE("the environment's tags are added to those of the options") {
  CHECK(joined({{"team", "x"}}, {{"env", "prod"}, {"service", "api"}}) ==
        "env:prod,service:api,team:x");
}

TEST_CASE("for the same key the option wins over the environment") {
  CHECK(joined({{"env", "staging"}}, {{"env", "prod"}, {"version", "2"}}) ==
        "env:staging,version:2");
}

TEST_CASE("a key may stand in the options more than once") {
  CHECK(joined({{"team", "x"}, {"team", "y"}}, {}) == "team:x,team:y");
}

TEST_CASE("more than 96 global tags are an error that says how many there are") {
  Options options = quiet_options();
  for (int i = 0; i < 97; ++i) options.global_tags.push_back({"k", std::to_string(i)});
  const auto made = pawl::Client::create(options);
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("global_tags") != std::string::npos);
  CHECK(made.error().message.find("97") != std::string::npos);
}

TEST_CASE("tags of the environment beyond 96 are left out with a warning") {
  pawl::client::Surroundings around;
  for (int i = 0; i < 97; ++i) around.environment.tags.push_back({"k", std::to_string(i)});
  const auto made = make_plan(quiet_options(), around);
  REQUIRE(made);
  CHECK(made->rules.global.size() == 96);
  CHECK(made->warnings.size() == 1);
}

TEST_CASE("global tags and those of a call are at most 100 together") {
  auto options = quiet_options();
  for (int i = 0; i < 96; ++i) options.global_tags.push_back({"k", std::to_string(i)});
  MemoryClient client{options};
  client->count("a", 1, {{"1", ""}, {"2", ""}, {"3", ""}, {"4", ""}});
  client->count("a", 1, {{"1", ""}, {"2", ""}, {"3", ""}, {"4", ""}, {"one", "more"}});
  CHECK(client.sent().metric_lines() == 1);
  CHECK(client->stats()[pawl::Reject::tags].samples == 1);
}

}  // namespace
