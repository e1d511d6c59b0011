#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Reject;
using pawl::Repair;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;

constexpr std::size_t kLeastContexts = 16;

MemoryClient small(std::size_t contexts, std::size_t context_bytes = 1 << 20) {
  auto options = quiet_options();
  options.max_contexts = contexts;
  options.max_context_bytes = context_bytes;
  options.max_sample_bytes = 64 << 10;
  return MemoryClient{options};
}

TEST_CASE("beyond the cap on contexts the overflow context keeps the sum exact") {
  MemoryClient client = small(kLeastContexts);
  constexpr int kValues = 1'000;
  std::int64_t sum = 0;
  for (int i = 0; i < kValues; ++i) {
    client->count("hits", i, {{"user", std::to_string(i)}});
    sum += i;
  }
  const auto sent = client.sent();
  CHECK(sent.contexts().size() == kLeastContexts + 1);
  double all = 0;
  for (const auto& [context, held] : sent.contexts()) all += held.count;
  CHECK(all == static_cast<double>(sum));
  CHECK(sent.count("hits", {"pawl_overflow:true"}) > 0);
  const auto stats = client->stats();
  CHECK(stats[Repair::context_overflow] == kValues - kLeastContexts);
  CHECK(stats.handed_to_kernel.counted == sum);
}

TEST_CASE("samples and set members beyond the cap are kept under the overflow context") {
  MemoryClient client = small(kLeastContexts);
  for (std::size_t i = 0; i < 3 * kLeastContexts; ++i) {
    client->distribution("d", 1, {{"n", std::to_string(i)}});
    client->set("s", std::to_string(i), {{"n", std::to_string(i)}});
  }
  const auto sent = client.sent();
  std::int64_t samples = 0;
  std::size_t members = 0;
  for (const auto& [context, held] : sent.contexts()) {
    samples += held.weight();
    members += held.members.size();
  }
  CHECK(samples == static_cast<std::int64_t>(3 * kLeastContexts));
  CHECK(members == 3 * kLeastContexts);
}

TEST_CASE("known contexts are not touched by the cap") {
  MemoryClient client = small(kLeastContexts);
  client->count("first", 1);
  for (int i = 0; i < 100; ++i) client->count("hits", 1, {{"n", std::to_string(i)}});
  client->count("first", 1);
  CHECK(client.sent().count("first") == 2);
}

TEST_CASE("a new gauge beyond the cap is refused, because the last of many values is none") {
  MemoryClient client = small(kLeastContexts);
  for (std::size_t i = 0; i < kLeastContexts + 5; ++i)
    client->gauge("g", 1, {{"n", std::to_string(i)}});
  CHECK(client.sent().contexts().size() == kLeastContexts);
  CHECK(client->stats()[Reject::context_limit].samples == 5);
}

TEST_CASE("a handle beyond the cap records under the overflow context") {
  MemoryClient client = small(kLeastContexts);
  for (std::size_t i = 0; i < kLeastContexts; ++i)
    client->count("hits", 1, {{"n", std::to_string(i)}});
  client->counter("hits", {{"n", "late"}}).add(7);
  client->gauge("g", {{"n", "late"}}).set(7);
  CHECK(client.sent().count("hits", {"pawl_overflow:true"}) == 7);
  CHECK(client->stats()[Reject::context_limit].samples == 1);
}

TEST_CASE("many names beyond the cap meet in the last overflow context") {
  MemoryClient client = small(kLeastContexts);
  constexpr int kNames = 2'000;
  for (int i = 0; i < kNames; ++i) client->count("hits" + std::to_string(i), 1, {{"x", "y"}});
  const auto sent = client.sent();
  double all = 0;
  for (const auto& [context, held] : sent.contexts()) all += held.count;
  CHECK(all == kNames);
  CHECK(sent.count("pawl.overflow", {"pawl_overflow:true"}) > 0);
  CHECK(client->stats().contexts < kLeastContexts + 1'100);
}

TEST_CASE("the cap on bytes holds as well, and the sums stay exact") {
  constexpr std::size_t kBytes = 64 << 10;
  MemoryClient client = small(100'000, kBytes);
  constexpr int kValues = 20'000;
  for (int i = 0; i < kValues; ++i)
    client->count("hits", 1, {{"a_tag_that_takes_some_room", std::to_string(i)}});
  const auto stats = client->stats();
  CHECK(stats.contexts < kValues / 10);
  CHECK(stats.context_bytes < kBytes + 4'096);
  CHECK(stats[Repair::context_overflow] > 0);
  CHECK(stats.pending.counted == kValues);
  double all = 0;
  const auto sent = client.sent();
  for (const auto& [context, held] : sent.contexts()) all += held.count;
  CHECK(all == kValues);
}

TEST_CASE("samples beyond the cap on their memory are refused and counted") {
  MemoryClient client = small(kLeastContexts);
  constexpr int kSamples = 100'000;
  const std::vector<double> values(kSamples, 1.0);
  client->distribution("d", values);
  const auto stats = client->stats();
  CHECK(stats[Reject::memory_limit].samples > 0);
  CHECK(stats.balanced());
  client->flush();
  const auto after = client->stats();
  CHECK(after.handed_to_kernel.samples + after[Reject::memory_limit].samples == kSamples);
  CHECK(after.handed_to_kernel.samples > 0);
  // What was refused is over; there is room again.
  client.sent();
  client->distribution("d", 1);
  CHECK(client.sent().of({"d", "d"}).samples.size() == 1);
}

TEST_CASE("set members beyond the cap on memory are refused, known ones are not") {
  MemoryClient client = small(kLeastContexts);
  constexpr int kMembers = 5'000;
  for (int i = 0; i < kMembers; ++i) client->set("s", std::to_string(i));
  const auto refused = client->stats()[Reject::member_limit].samples;
  CHECK(refused > 0);
  client->set("s", "0");
  CHECK(client->stats()[Reject::member_limit].samples == refused);
  CHECK(client.sent().of({"s", "s"}).members.size() == kMembers - refused);
}

TEST_CASE("events beyond the cap on memory are refused and counted") {
  MemoryClient client = small(kLeastContexts);
  const std::string text(1'000, 'x');
  for (int i = 0; i < 100; ++i) client->event({.title = "t", .text = text});
  const auto stats = client->stats();
  CHECK(stats[Reject::memory_limit].samples > 0);
  CHECK(stats.balanced());
  CHECK(client.sent().events().size() == 100 - stats[Reject::memory_limit].samples);
}

TEST_CASE("a tag longer than 200 bytes is cut at a character, and counted") {
  MemoryClient client;
  std::string value;
  for (int i = 0; i < 150; ++i) value += "\xC3\xA9";
  client->count("hits", 1, {{"k", value}});
  const auto sent = client.sent();
  REQUIRE(sent.contexts().size() == 1);
  const auto& tags = sent.contexts().begin()->first.tags;
  REQUIRE(tags.size() == 1);
  CHECK(tags.front() == "k:" + value.substr(0, 198));
  CHECK(client->stats()[Repair::tag_cut] == 1);
}

}  // namespace
