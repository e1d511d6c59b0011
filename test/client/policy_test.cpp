#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "base/fence.h"
#include "client/memory_client.h"
#include "client/plan.h"
#include "support/alloc_counter.h"
#include "support/lock_counter.h"
#include "support/temp_dir.h"

namespace {

using pawl::Reject;
using pawl::Repair;
using pawl::TagAction;
using pawl::TagPolicy;
using pawl::test::AllocCounter;
using pawl::test::LockCounter;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using pawl::test::TempDir;

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

MemoryClient with(TagPolicy policy) {
  auto options = quiet_options();
  options.tag_policy = std::move(policy);
  return MemoryClient{options};
}

// Gives how many tags of a key were refused; 0 when the statistics do not name it.
std::uint64_t refused(const pawl::Stats& stats, std::string_view key) {
  for (const auto& one : stats.refused_keys)
    if (one.key() == key) return one.tags;
  return 0;
}

TEST_CASE("a value beyond its list is recorded as other, and counted by key") {
  MemoryClient client = with({.values = {{.key = "zone", .allowed_values = {{"a"}}}}});
  for (const char* zone : {"a", "b", "c"}) client->count("hits", 1, {{"zone", zone}});
  CHECK(client.text() == "hits:1|c|#zone:a\nhits:2|c|#zone:other\n");
  CHECK(client->stats()[Repair::tag_value] == 2);
  CHECK(refused(client->stats(), "zone") == 2);
}

TEST_CASE("a key is renamed, which is no fault") {
  MemoryClient client = with({.renames = {{"svc", "service"}}});
  client->count("hits", 1, {{"svc", "api"}});
  client->count("hits", 1, {{"service", "api"}});
  CHECK(client.text() == "hits:2|c|#service:api\n");
  CHECK(client->stats().repaired == pawl::Stats{}.repaired);
  CHECK(client->stats().refused_keys[0].tags == 0);
}

TEST_CASE("a metric may be refused for a tag, and its key is named") {
  MemoryClient client = with({.metrics = {{.name = "bill.*",
                                           .allowed_keys = {{"plan"}},
                                           .other_keys = TagAction::refuse_metric}}});
  for (int i = 0; i < 3; ++i) client->count("bill.paid", 5, {{"plan", "a"}, {"user", "ada"}});
  client->count("bill.paid", 7, {{"plan", "a"}});
  client->count("other", 1, {{"user", "ada"}});
  CHECK(client.text() == "bill.paid:7|c|#plan:a\nother:1|c|#user:ada\n");
  CHECK(client->stats()[Reject::policy] == pawl::Amount{3, 15});
  CHECK(refused(client->stats(), "user") == 3);
  CHECK(client->stats().balanced());
}

TEST_CASE("a policy sees names with the prefixes of the client and its child") {
  auto options = quiet_options();
  options.prefix = "ai.";
  options.tag_policy = {.metrics = {{.name = "ai.db.*", .allowed_keys = {{"table"}}}}};
  MemoryClient client{options};
  client->child({.prefix = "db."}).count("reads", 1, {{"table", "t"}, {"row", "7"}});
  client->count("reads", 1, {{"row", "7"}});
  CHECK(client.text() == "ai.db.reads:1|c|#table:t\nai.reads:1|c|#row:7\n");
}

TEST_CASE("events and checks are put to the policy itself") {
  MemoryClient client = with({.allowed_keys = {{"env"}}, .metrics = {{.name = "*"}}});
  const std::vector<pawl::Tag> tags{{"env", "prod"}, {"user", "ada"}};
  client->event({.title = "t", .text = "x", .tags = tags});
  CHECK(client.text() == "_e{1,1}:t|x|#env:prod\n");
  CHECK(refused(client->stats(), "user") == 1);
}

TEST_CASE("timestamped lines and handles are put to the policy as calls are") {
  MemoryClient client = with({.allowed_keys = {{"env"}}});
  client->count_at("a", 1, client.clock->wall_now(), {{"user", "ada"}});
  const pawl::Counter bound = client->counter("b", {{"user", "ada"}});
  bound.add(2);
  bound.add(2);
  CHECK(client.sent().count("b", {}) == 4);
  CHECK(refused(client->stats(), "user") == 2);  // a handle is asked once
}

TEST_CASE("the keys that the Agent obeys are named like those that the policy refuses") {
  MemoryClient client;
  for (int i = 0; i < 4; ++i) client->count("hits", 1, {{"host", "evil"}});
  CHECK(refused(client->stats(), "host") == 4);
}

TEST_CASE("keys are counted in each call, however many a call has") {
  MemoryClient client = with({.allowed_keys = std::vector<std::string>{}});
  std::vector<std::string> keys;
  std::vector<pawl::Tag> tags;
  for (int i = 0; i < 20; ++i) keys.push_back("k" + std::to_string(i));
  for (const std::string& key : keys) tags.push_back({key, "v"});
  for (int i = 0; i < 3; ++i) client->count("hits", 1, tags);
  std::uint64_t sum = 0;
  for (const auto& one : client->stats().refused_keys) sum += one.tags;
  CHECK(sum == 20 * 3);  // seven keys of a call by name, the rest as others
  CHECK(refused(client->stats(), "(others)") == 13 * 3);
}

TEST_CASE("a million distinct ids keep the sums exact, grow nothing, and are named") {
  constexpr int kIds = 1'000'000;
  auto options = quiet_options();
  options.tag_policy.allowed_keys = {"route"};
  options.max_context_bytes = 1 << 20;
  MemoryClient client{options};
  for (int i = 0; i < kIds; ++i) {
    const std::string id = std::to_string(i);
    client->count("hits", 2, {{"route", i % 2 == 0 ? "/a" : "/b"}, {"user_id", id}});
    if (i % 100'000 == 0) client->flush();
  }
  const auto stats = client->stats();
  CHECK(stats.contexts == 2);
  CHECK(stats.context_bytes <= 1 << 20);
  CHECK(stats[Repair::context_overflow] == 0);
  CHECK(stats[Repair::tag_policy] == kIds);
  CHECK(stats.refused_keys[0].key() == "user_id");
  CHECK(stats.refused_keys[0].tags == kIds);
  const auto sent = client.sent();
  CHECK(sent.count("hits", {"route:/a"}) == kIds);
  CHECK(sent.count("hits", {"route:/b"}) == kIds);
}

TEST_CASE("a flood of values beyond a cap keeps the sums exact on the values that remain") {
  MemoryClient client = with({.values = {{.key = "tenant", .max_values = 10}}});
  for (int i = 0; i < 100'000; ++i)
    client->count("hits", 1, {{"tenant", "t" + std::to_string(i % 50'000)}});
  CHECK(client->stats().contexts == 11);
  const auto sent = client.sent();
  for (int i = 0; i < 10; ++i) CHECK(sent.count("hits", {"tenant:t" + std::to_string(i)}) == 2);
  CHECK(sent.count("hits", {"tenant:other"}) == 100'000 - 20);
  CHECK(refused(client->stats(), "tenant") == 100'000 - 20);
}

TEST_CASE("a flood of refused keys is counted, the first 62 by name") {
  MemoryClient client = with({.allowed_keys = std::vector<std::string>{}});
  for (int i = 0; i < 10'000; ++i) client->count("hits", 1, {{"k" + std::to_string(i), "v"}});
  CHECK(client->stats().contexts == 1);
  CHECK(refused(client->stats(), "(others)") == 10'000 - 62);
  CHECK(client->stats()[Repair::tag_policy] == 10'000);
}

bool can_reclaim() {
  const bool can = pawl::base::fence_all_threads();
  if (!can) MESSAGE("skipped: this system has no fence for other processors");
  return can;
}

// Gives the numbers of those that were counted least to others: a flush takes them, and the next
// knows that nobody counts under them any more.
void flush_twice(MemoryClient& client) {
  client->flush();
  client->flush();
}

TEST_CASE("who offends most is named, however many were refused before him") {
  MemoryClient client = with({.allowed_keys = std::vector<std::string>{}});
  if (!can_reclaim()) return;
  for (int i = 0; i < 1'000; ++i) client->count("hits", 1, {{"k" + std::to_string(i), "v"}});
  const auto offend = [&client] { client->count("hits", 1, {{"late", "v"}}); };
  for (int i = 0; i < 50; ++i) offend();
  CHECK(refused(client->stats(), "late") == 0);
  flush_twice(client);
  for (int i = 0; i < 50; ++i) offend();
  CHECK(refused(client->stats(), "late") == 50);
  CHECK(refused(client->stats(), "(others)") == 1'050 - 31);
  CHECK(client->stats()[Repair::tag_policy] == 1'100);
}

TEST_CASE("a known call with a refused tag allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryClient client = with({.allowed_keys = {{"route"}}});
  const auto call = [&client] { client->count("hits", 1, {{"route", "/"}, {"user", "ada"}}); };
  call();
  const AllocCounter allocations;
  const LockCounter locks;
  for (int i = 0; i < 100; ++i) call();
  CHECK(allocations.allocations() == 0);
  CHECK(locks.locks() == 0);
  CHECK(refused(client->stats(), "user") == 101);
}

TEST_CASE("telemetry tells which keys were refused, since it last did") {
  auto options = quiet_options();
  options.telemetry = pawl::Switch::on;
  options.tag_policy.allowed_keys = std::vector<std::string>{};
  MemoryClient client{options};
  const auto told = [&client](const std::string& key) {
    client.clock->advance(std::chrono::seconds{10});
    return client.sent().count("pawl.tags_refused",
                               {"client:cpp",
                                std::string{"client_version:"} + PAWL_VERSION,
                                "client_transport:memory",
                                "key:" + key});
  };
  for (int i = 0; i < 3; ++i) client->count("hits", 1, {{"user", std::to_string(i)}});
  CHECK(told("user") == 3);
  client->count("hits", 1, {{"user", "x"}, {"session", "y"}});
  CHECK(told("session") == 1);
  CHECK(client.text().find("pawl.tags_refused") == std::string::npos);
}

TEST_CASE("a policy that makes no sense is an error of create that names the field") {
  auto options = quiet_options();
  options.tag_policy.metrics = {{.name = "a"}, {.name = "b", .values = {{.key = "x:y"}}}};
  const auto made = pawl::Client::create(options);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().message.starts_with(
      "Options::tag_policy.metrics[1].values[0].key is 'x:y'; expected a tag's key"));
}

pawl::client::Plan plan_with(const std::string& path, pawl::Options options = quiet_options()) {
  options.transport = std::make_shared<pawl::InMemoryTransport>();
  pawl::client::Surroundings around;
  around.environment.tag_policy = path;
  auto made = pawl::client::make_plan(std::move(options), around);
  REQUIRE(made.ok());
  return std::move(*made);
}

bool passes(const pawl::client::Plan& plan, std::string_view tag) {
  pawl::tags::CapClaims claims;
  return !pawl::tags::rule(plan.rules.policy.of("m"), tag, claims).refused();
}

TEST_CASE("the environment may name a policy's file; the program's own policy wins") {
  const TempDir dir;
  const std::string path = dir.file("policy.json");
  std::ofstream{path} << R"({"allowed_keys": ["env"]})";
  CHECK_FALSE(passes(plan_with(path), "user:1"));
  CHECK(passes(plan_with(path), "env:1"));
  auto options = quiet_options();
  options.tag_policy.allowed_keys = {"user"};
  CHECK(passes(plan_with(path, options), "user:1"));
  CHECK_FALSE(passes(plan_with(path, options), "env:1"));
}

TEST_CASE("a wrong file of the environment is a warning, and all tags pass") {
  const TempDir dir;
  const std::string path = dir.file("policy.json");
  std::ofstream{path} << "{\n \"allowed\": []}";
  const auto plan = plan_with(path);
  REQUIRE(plan.warnings.size() == 1);
  CHECK(plan.warnings[0].starts_with("PAWL_TAG_POLICY '" + path + "' is not used: " + path +
                                     ":2:2: allowed is unknown; expected one of "));
  CHECK(passes(plan, "user:1"));
}

TEST_SUITE("concurrent") {
  TEST_CASE("keys that come and go with their numbers are counted exactly, each for itself") {
    constexpr int kThreads = 3;
    constexpr int kCalls = 20'000;
    constexpr int kKeys = 200;
    auto options = quiet_options();
    options.telemetry = pawl::Switch::on;
    options.tag_policy.allowed_keys = std::vector<std::string>{};
    MemoryClient client{options};
    // Which two keys a call has, and how many times it is made: some are an event and a handle,
    // too.
    const auto keys_of = [](int thread, int i) {
      const int one = (i * 7 + thread) % kKeys;
      return std::pair{one, (one + i / kKeys) % kKeys};
    };
    const auto is_event = [](int i) { return i % 100 == 0; };
    const auto is_bound = [](int i) { return i % 100 == 50; };
    std::vector<int> counted(kKeys);
    for (int t = 0; t < kThreads; ++t)
      for (int i = 0; i < kCalls; ++i) {
        const auto keys = keys_of(t, i);
        for (const int key : {keys.first, keys.second})
          counted[static_cast<std::size_t>(key)] += 1 + is_event(i) + is_bound(i);
      }
    std::atomic<int> working = kThreads;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kCalls; ++i) {
          const auto keys = keys_of(t, i);
          const std::string one = "k" + std::to_string(keys.first);
          const std::string other = "k" + std::to_string(keys.second);
          const std::vector<pawl::Tag> tags{{one, "v"}, {other, "v"}};
          client->count("hits", 1, tags);
          if (is_event(i)) client->event({.title = "t", .text = "x", .tags = tags});
          if (is_bound(i)) static_cast<void>(client->counter("bound", tags));
        }
        --working;
      });
    while (working != 0) client->flush();
    for (auto& thread : threads) thread.join();
    client.clock->advance(std::chrono::seconds{10});
    const auto sent = client.sent();
    const auto told = [&sent](const std::string& key) {
      return sent.count("pawl.tags_refused",
                        {"client:cpp",
                         std::string{"client_version:"} + PAWL_VERSION,
                         "client_transport:memory",
                         "key:" + key});
    };
    constexpr double kTags = 2.0 * kThreads * (kCalls + 2 * kCalls / 100);
    double sum = told("(others)");
    for (int i = 0; i < kKeys; ++i) {
      const double one = told("k" + std::to_string(i));
      CHECK(one <= counted[static_cast<std::size_t>(i)]);
      sum += one;
    }
    CHECK(sum == kTags);
    CHECK(client->stats()[Repair::tag_policy] == kTags);
  }

  TEST_CASE("threads that flood a cap and refused keys lose nothing") {
    constexpr int kThreads = 4;
    constexpr int kCalls = 20'000;
    MemoryClient client =
        with({.allowed_keys = {{"tenant"}}, .values = {{.key = "tenant", .max_values = 5}}});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&client, t] {
        for (int i = 0; i < kCalls; ++i)
          client->count(
              "hits", 1, {{"tenant", std::to_string(i % 1'000)}, {"user", std::to_string(i + t)}});
      });
    for (auto& thread : threads) thread.join();
    const auto stats = client->stats();
    CHECK(stats.contexts == 6);
    CHECK(refused(stats, "user") == kThreads * kCalls);
    CHECK(refused(stats, "tenant") == stats[Repair::tag_value]);
    double sum = 0;
    const auto sent = client.sent();
    for (int i = 0; i < 1'000; ++i) sum += sent.count("hits", {"tenant:" + std::to_string(i)});
    CHECK(sum == stats[Repair::tag_policy] - stats[Repair::tag_value]);
    CHECK(sum + sent.count("hits", {"tenant:other"}) == kThreads * kCalls);
  }
}

TEST_CASE("the LLM metrics have their allowlist by default, and other metrics none") {
  auto options = quiet_options();
  options.prefix = "ai.";
  MemoryClient client{options};
  client->count("llm.requests", 1, {{"user_id", "u1"}, {"model", "m"}});
  client->count("hits", 1, {{"user_id", "u1"}});
  CHECK(client.text() == "ai.llm.requests:1|c|#model:m\nai.hits:1|c|#user_id:u1\n");
  CHECK(refused(client->stats(), "user_id") == 1);
}

TEST_CASE("a policy that says nothing of the keys of LLM metrics leaves them their allowlist") {
  TagPolicy policy;
  policy.values = {{.key = "model", .max_values = 1}};
  policy.metrics = {{.name = "l*", .renames = {{"m", "model"}}}, {.name = "llm.requests"}};
  MemoryClient client = with(policy);
  client->count("llm.requests", 1, {{"user_id", "u1"}, {"m", "a"}});
  client->count("llm.requests", 1, {{"model", "b"}});
  CHECK(client.text() == "llm.requests:1|c|#model:a\nllm.requests:1|c|#model:other\n");
}

TEST_CASE("a policy that says which keys LLM metrics may have is left as it is") {
  TagPolicy everywhere;
  everywhere.allowed_keys = {"user_id"};
  TagPolicy by_rule;
  by_rule.metrics = {{.name = "llm.*"}};
  TagPolicy by_shorter_rule;
  by_shorter_rule.metrics = {{.name = "ll*", .allowed_keys = {{"user_id"}}}};
  for (const TagPolicy& policy : {everywhere, by_rule, by_shorter_rule}) {
    MemoryClient client = with(policy);
    client->count("llm.requests", 1, {{"user_id", "u1"}});
    CHECK(client.text() == "llm.requests:1|c|#user_id:u1\n");
  }
}

}  // namespace
