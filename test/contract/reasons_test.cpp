// Every reason of the ledger, each caused once: a reason that nothing causes would be a promise
// without a test.

#include <array>
#include <chrono>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/alloc_counter.h"

namespace {

using pawl::Drop;
using pawl::Options;
using pawl::Reject;
using pawl::Repair;
using pawl::SendStatus;
using pawl::test::FailingAlloc;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

// The smallest limits there are.
Options tight_options() {
  Options options = quiet_options();
  options.max_contexts = 16;
  options.max_sample_bytes = 64 << 10;
  options.max_queue_bytes = 16 << 10;
  options.queue_ttl = 100ms;
  options.tag_policy.values = {{.key = "zone", .allowed_values = {{"a"}}}};
  options.tag_policy.metrics = {
      {.name = "strict", .allowed_keys = {{"k"}}, .other_keys = pawl::TagAction::refuse_metric}};
  return options;
}

void fill_contexts(MemoryClient& client) {
  for (int i = 0; i < 16; ++i) client->count("fill", 0, {{"n", std::to_string(i)}});
}

struct Cause {
  std::string reason;
  std::function<void(MemoryClient&)> act;
};

std::vector<pawl::Tag> too_many_tags() {
  static const std::array<std::string, 101> kValues = [] {
    std::array<std::string, 101> values;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::to_string(i);
    return values;
  }();
  std::vector<pawl::Tag> tags;
  for (const std::string& value : kValues) tags.push_back({"k", value});
  return tags;
}

const std::vector<Cause> kRejections{
    {"name", [](auto& c) { c->count("", 1); }},
    {"tags", [](auto& c) { c->count("a", 1, too_many_tags()); }},
    {"value", [](auto& c) { c->gauge("a", std::nan("")); }},
    {"timestamp", [](auto& c) { c->count_at("a", 1, {}); }},
    {"sampled_out",
     [](auto& c) {
       while (c->stats()[Reject::sampled_out].samples == 0)
         c->distribution("a", 1, {}, {.sample_rate = 0.01});
     }},
    {"context_limit",
     [](auto& c) {
       fill_contexts(c);
       c->gauge("a", 1);
     }},
    {"member_limit",
     [](auto& c) {
       for (int i = 0; i < 2'000; ++i) c->set("a", std::to_string(i));
     }},
    {"memory_limit", [](auto& c) { c->distribution("a", std::vector<double>(50'000, 1.0)); }},
    {"line_too_long",
     [](auto& c) {
       c->set("a", std::string(1'500, 'x'));
       c->flush();
     }},
    {"no_memory",
     [](auto& c) {
       c->count("b", 1);
       const FailingAlloc failing{1};
       c->count("a", 1);
     }},
    {"closed",
     [](auto& c) {
       c->close();
       c->count("a", 1);
     }},
    {"policy",
     [](auto& c) {
       c->count("strict", 1, {{"user", "u"}});
     }},
};

TEST_CASE("every reason of a rejection has its cause, and the ledger balances after it") {
  for (const Cause& cause : kRejections) {
    if (pawl::test::kUnderSanitizer && cause.reason == "no_memory") continue;
    CAPTURE(cause.reason);
    MemoryClient client{tight_options()};
    cause.act(client);
    const auto stats = client->stats();
    CHECK(stats.balanced());
    for (std::size_t i = 0; i < pawl::kRejects; ++i)
      CHECK((stats.rejected[i].samples > 0) == (to_string(static_cast<Reject>(i)) == cause.reason));
  }
}

TEST_CASE("a type that the serverless receiver cannot read is a rejection of its own") {
  Options options = quiet_options();
  options.serverless = pawl::Switch::on;
  MemoryClient client{options};
  client->histogram("a", 1);
  CHECK(client->stats()[Reject::unsupported].samples == 1);
  CHECK(kRejections.size() + 1 == pawl::kRejects);
}

const std::vector<Cause> kRepairs{
    {"name", [](auto& c) { c->count("a b", 1); }},
    {"tag_bytes",
     [](auto& c) {
       c->count("a", 1, {{"k", "x|y"}});
     }},
    {"tag_cut",
     [](auto& c) {
       c->count("a", 1, {{"k", std::string(300, 'v')}});
     }},
    {"tag_reserved",
     [](auto& c) {
       c->count("a", 1, {{"host", "h"}});
     }},
    {"tag_policy",
     [](auto& c) {
       c->count("a", 1, {{"user", "u"}});
     }},
    {"tag_empty",
     [](auto& c) {
       c->count("a", 1, {{"", ""}});
     }},
    {"tag_value",
     [](auto& c) {
       c->count("a", 1, {{"zone", "b"}});
     }},
    {"text", [](auto& c) { c->set("a", "x|y"); }},
    {"sample_rate", [](auto& c) { c->count("a", 1, {}, {.sample_rate = 0}); }},
    {"context_overflow",
     [](auto& c) {
       fill_contexts(c);
       c->count("a", 1);
     }},
};

TEST_CASE("every reason of a repair has its cause, and the sample is recorded") {
  for (const Cause& cause : kRepairs) {
    CAPTURE(cause.reason);
    Options options = tight_options();
    options.tag_policy.allowed_keys = {"k", "n", "host", "zone", ""};
    MemoryClient client{options};
    cause.act(client);
    const auto stats = client->stats();
    for (std::size_t i = 0; i < pawl::kRepairs; ++i)
      CHECK((stats.repaired[i] > 0) == (to_string(static_cast<Repair>(i)) == cause.reason));
    CHECK(stats.rejected_total().samples == 0);
    CHECK(client.sent().metric_lines() > 0);
  }
  CHECK(kRepairs.size() == pawl::kRepairs);
}

TEST_CASE("a repair is counted in each call, not only in the first of its shape") {
  MemoryClient client;
  for (int i = 0; i < 5; ++i) client->count("a b", 1, {{"k", "x|y"}, {"l", "x|y"}});
  CHECK(client->stats()[Repair::name] == 5);
  CHECK(client->stats()[Repair::tag_bytes] == 5 * 2);
}

const std::vector<Cause> kDrops{
    {"queue_full",
     [](auto& c) {
       c.transport->behave(SendStatus::would_block);
       for (int i = 0; i < 100; ++i) c->event({.title = "t", .text = std::string(1'000, 'x')});
       for (int i = 0; i < 20; ++i) {
         c->event({.title = "t", .text = std::string(1'000, 'x')});
         c->flush(0ms);
       }
     }},
    {"expired",
     [](auto& c) {
       c.transport->behave(SendStatus::unreachable);
       c->count("a", 1);
       c->flush(0ms);
       c.clock->advance(1s);
       c->flush(0ms);
     }},
    {"unreachable",
     [](auto& c) {
       c.transport->behave(SendStatus::unreachable);
       c->count("a", 1);
       c->close();
     }},
    {"too_large",
     [](auto& c) {
       c.transport->behave(SendStatus::too_large);
       c->count("a", 1);
       c->flush(0ms);
       c->flush(0ms);
     }},
    {"send_error",
     [](auto& c) {
       c.transport->behave(SendStatus::failed);
       c->count("a", 1);
       c->flush();
     }},
    {"shutdown",
     [](auto& c) {
       c.transport->behave(SendStatus::would_block);
       c->count("a", 1);
       c->close(1ms);
     }},
};

TEST_CASE("every reason of a drop has its cause, and the ledger balances after it") {
  for (const Cause& cause : kDrops) {
    CAPTURE(cause.reason);
    Options options = tight_options();
    options.max_sample_bytes = 1 << 20;
    MemoryClient client{options};
    cause.act(client);
    const auto stats = client->stats();
    CHECK(stats.balanced());
    for (std::size_t i = 0; i < pawl::kDrops; ++i)
      CHECK((stats.dropped.by_reason[i].samples > 0) ==
            (to_string(static_cast<Drop>(i)) == cause.reason));
  }
  CHECK(kDrops.size() == pawl::kDrops);
}

}  // namespace
