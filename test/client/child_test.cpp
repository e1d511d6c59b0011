#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Client;
using pawl::Reject;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using pawl::test::quiet_options;

MemoryClient with_prefix(std::string prefix) {
  auto options = quiet_options();
  options.prefix = std::move(prefix);
  return MemoryClient{options};
}

TEST_CASE("a child puts its prefix between its parent's and the name") {
  MemoryClient client = with_prefix("ai.");
  const Client child = client->child({.prefix = "cache."});
  child.count("hits");
  client->count("hits");
  const auto sent = client.sent();
  CHECK(sent.count("ai.cache.hits") == 1);
  CHECK(sent.count("ai.hits") == 1);
}

TEST_CASE("a child adds its tags to those of its calls") {
  MemoryClient client;
  const Client child = client->child({.tags = {{"shard", "7"}}});
  child.count("hits", 1, {{"a", "b"}});
  child.event({.title = "t", .text = "x"});
  child.service_check({.name = "c"});
  child.gauge_at("g", 1, client.clock->wall_now());
  CHECK(client.text() ==
        "hits:1|c|#a:b,shard:7\n"
        "_e{1,1}:t|x|#shard:7\n"
        "_sc|c|0|#shard:7\n"
        "g:1|g|#shard:7|T1700000000\n");
}

TEST_CASE("a child's handles carry its prefix and tags") {
  MemoryClient client;
  const Client child = client->child({.prefix = "p.", .tags = {{"a", "b"}}});
  child.counter("hits").add();
  CHECK(client.text() == "p.hits:1|c|#a:b\n");
}

TEST_CASE("a child of a child has both prefixes and all tags") {
  MemoryClient client;
  const Client grandchild = client->child({.prefix = "a.", .tags = {{"x", "1"}}})
                                .child({.prefix = "b.", .tags = {{"y", "2"}}});
  grandchild.count("hits");
  CHECK(client.text() == "a.b.hits:1|c|#x:1,y:2\n");
}

TEST_CASE("a child that says the same as another is recorded as the same") {
  MemoryClient client;
  client->child({.prefix = "p."}).count("hits");
  client->child({.prefix = "p."}).count("hits");
  client->count("p.hits");
  CHECK(client->stats().contexts == 1);
  CHECK(client.text() == "p.hits:3|c\n");
}

TEST_CASE("a tag of a child that is global already is not sent twice") {
  auto options = quiet_options();
  options.global_tags = {{"env", "prod"}};
  MemoryClient client{options};
  const Client child = client->child({.tags = {{"env", "prod"}}});
  client->gauge("load", 1);
  child.gauge("load", 2);
  CHECK(client.text() == "load:2|g|#env:prod\n");
}

TEST_CASE("a child's odd prefix is repaired with the name") {
  MemoryClient client;
  client->child({.prefix = "a b|"}).count("hits");
  CHECK(client.text() == "a_b_hits:1|c\n");
  CHECK(client->stats()[pawl::Repair::name] == 1);
}

TEST_CASE("a child's odd tags are repaired, and reserved keys are allowed") {
  MemoryClient client;
  client->child({.tags = {{"a", "b,c\n"}, {"host", "h1"}}}).count("hits");
  CHECK(client.text() == "hits:1|c|#a:b_c_,host:h1\n");
}

TEST_CASE("a prefix that makes the name too long refuses the call") {
  MemoryClient client;
  client->child({.prefix = std::string(150, 'p')}).count(std::string(60, 'n'));
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::name].samples == 1);
}

TEST_CASE("a child outlives the client that made it") {
  auto transport = std::make_shared<pawl::InMemoryTransport>();
  auto options = quiet_options();
  options.transport = transport;
  std::optional<Client> parent{std::move(*Client::create(options))};
  const Client child = parent->child({.prefix = "c."});
  parent.reset();
  child.count("hits");
  CHECK(child.flush());
  CHECK(transport->take_lines() == std::vector<std::string>{"c.hits:1|c"});
}

TEST_CASE("closing a child closes its parent, and all see one ledger") {
  MemoryClient client;
  const Client child = client->child({.prefix = "c."});
  child.count("hits", 3);
  CHECK(client->stats().called.counted == 3);
  CHECK_FALSE(child.close());
  CHECK(client.transport->take_lines() == std::vector<std::string>{"c.hits:3|c"});
  client->count("hits");
  CHECK(client->stats()[Reject::closed].samples == 1);
}

TEST_SUITE("concurrent") {
  TEST_CASE("children may be made and left while others record") {
    MemoryClient client;
    on_threads(4, [&](std::size_t number) {
      for (int i = 0; i < 300; ++i) {
        const Client child = client->child({.tags = {{"thread", std::to_string(number)}}});
        child.count("hits");
      }
    });
    const auto sent = client.sent();
    for (int number = 0; number < 4; ++number)
      CHECK(sent.count("hits", {"thread:" + std::to_string(number)}) == 300);
  }
}

TEST_CASE("the env, service and version of a child go in place of those of its parents") {
  auto options = quiet_options();
  options.global_tags = {{"env", "prod"}, {"service", "front"}, {"team", "ai"}};
  MemoryClient client{options};
  const Client child = client->child({.tags = {{"service", "back"}, {"team", "db"}}});
  const Client grandchild = child.child({.tags = {{"service", "deep"}, {"version", "1"}}});
  child.count("hits", 1, {{"team", "ai"}, {"a", "b"}});
  child.event({.title = "t", .text = "x"});
  child.gauge_at("g", 1, client.clock->wall_now());
  grandchild.count("hits");
  client->count("hits");
  const std::string text = client.text();
  for (const char* line : {"hits:1|c|#a:b,env:prod,service:back,team:ai,team:db\n",
                           "_e{1,1}:t|x|#env:prod,service:back,team:ai,team:db\n",
                           "g:1|g|#env:prod,service:back,team:ai,team:db|T1700000000\n",
                           "hits:1|c|#env:prod,service:deep,team:ai,team:db,version:1\n",
                           "hits:1|c|#env:prod,service:front,team:ai\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, (line + text));
  CHECK(client->tag("service") == "front");
  CHECK(child.tag("service") == "back");
  CHECK(grandchild.tag("service") == "deep");
  CHECK(grandchild.tag("env") == "prod");
  CHECK(client->tag("version").empty());
  CHECK(Client::null().tag("env").empty());
}

}  // namespace
