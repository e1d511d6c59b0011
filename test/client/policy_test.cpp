#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Repair;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;

MemoryClient allowing(std::vector<std::string> keys) {
  auto options = quiet_options();
  options.tag_policy.allowed_keys = std::move(keys);
  options.global_tags = {{"env", "prod"}};
  return MemoryClient{options};
}

TEST_CASE("tags whose keys the policy does not name are left out, and the sums stay exact") {
  MemoryClient client = allowing({"route"});
  client->count("hits", 1, {{"route", "/v1"}, {"user", "ada"}});
  client->count("hits", 2, {{"route", "/v1"}, {"user", "alan"}});
  CHECK(client.text() == "hits:3|c|#env:prod,route:/v1\n");
  CHECK(client->stats()[Repair::tag_policy] == 2);
}

TEST_CASE("an empty policy lets no tag of a call pass") {
  MemoryClient client = allowing({});
  client->count("hits", 1, {{"route", "/v1"}});
  CHECK(client.text() == "hits:1|c|#env:prod\n");
}

TEST_CASE("a child's tags pass every policy") {
  MemoryClient client = allowing({});
  client->child({.tags = {{"shard", "7"}}}).count("hits");
  CHECK(client.text() == "hits:1|c|#env:prod,shard:7\n");
}

TEST_CASE("a flood of values under a refused key makes one context") {
  MemoryClient client = allowing({"route"});
  for (int i = 0; i < 1'000; ++i) client->count("hits", 1, {{"user", std::to_string(i)}});
  CHECK(client->stats().contexts == 1);
  CHECK(client.sent().count("hits", {"env:prod"}) == 1'000);
}

TEST_CASE("the keys that the Agent obeys never pass from a call") {
  MemoryClient client;
  for (const char* key : {"host", "HOST", "device", "jmx_check_name", "dd.internal.entity_id"})
    client->count("hits", 1, {{key, "evil"}});
  client->count("hits", 1, {{"", "host:evil"}});
  CHECK(client.text() == "hits:6|c\n");
  CHECK(client->stats()[Repair::tag_reserved] == 6);
}

}  // namespace
