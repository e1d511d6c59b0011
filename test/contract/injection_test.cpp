// Whatever bytes a program passes on, a call is one line at the most, and one that servers accept.

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/oracle.h"
#include "support/seed.h"

namespace {

using pawl::test::decode;
using pawl::test::MemoryClient;
using pawl::test::printable;
using pawl::test::quiet_options;
using pawl::test::Random;

// Bytes that mean something in the grammar, whole pieces of it, and any byte.
std::string evil_text(Random& random) {
  static const std::vector<std::string> kPieces{
      "|",         ",",     "#",          ":",        "\n",   "\r",        "@",
      "|#evil",    "|c",    "\n_e{1,1}:", "m:",       "\\n",  "host:x",    "|T1",
      "\nb:1|c\n", "_sc|a", "\xC3\xA9",   "\xC3",     "\xFF", "card:high", "{",
      "word",      "1",     " ",          "|card:low"};
  std::string text;
  for (std::size_t pieces = random.below(6); pieces > 0; --pieces)
    text += random.chance(0.3) ? random.bytes(random.below(12)) : random.pick(kPieces);
  if (random.chance(0.01)) text.append(300, 'x');
  return text;
}

void call_once(const pawl::Client& client, Random& random) {
  std::vector<std::string> texts;
  for (int i = 0; i < 8; ++i) texts.push_back(evil_text(random));
  std::vector<pawl::Tag> tags{{texts[0], texts[1]}, {texts[2], texts[3]}};
  tags.resize(random.below(3));
  const std::string name = (random.chance(0.5) ? "n" : "") + texts[4];
  const auto when = std::chrono::system_clock::time_point{std::chrono::seconds{1'600'000'000}};
  switch (random.below(9)) {
    case 0:
      return client.count(name, 1, tags);
    case 1:
      return client.gauge(name, 1, tags);
    case 2:
      return client.histogram(name, 1, tags);
    case 3:
      return client.distribution(name, 1, tags);
    case 4:
      return client.timing(name, std::chrono::milliseconds{1}, tags);
    case 5:
      return client.set(name, texts[5], tags);
    case 6:
      return client.count_at(name, 1, when, tags);
    case 7:
      return client.event({.title = texts[5],
                           .text = texts[6],
                           .tags = tags,
                           .aggregation_key = texts[7],
                           .source_type = texts[4],
                           .host = texts[0]});
    default:
      return client.service_check(
          {.name = texts[5], .tags = tags, .message = texts[6], .host = texts[7]});
  }
}

TEST_CASE("no text becomes a line, a field or a tag of its own") {
  PAWL_PRINT_SEED();
  Random random;
  auto options = quiet_options();
  options.global_tags = {{"env", "prod"}};
  options.max_contexts = 1'000'000;
  MemoryClient client{options};
  int lines = 0;
  for (int i = 0; i < 20'000; ++i) {
    call_once(*client, random);
    client->flush();
    const auto payloads = client.transport->take();
    REQUIRE(payloads.size() <= 1);
    if (payloads.empty()) continue;
    const auto decoded = decode(payloads.front());
    CAPTURE(printable(payloads.front()));
    REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
    REQUIRE(decoded.items.size() == 1);
    ++lines;
    for (const auto& metric : decoded.metrics()) {
      REQUIRE(metric.tags.size() >= 1);
      REQUIRE(metric.tags.size() <= 3);
      REQUIRE(metric.tags.front() == "env:prod");
      REQUIRE(metric.cardinality.empty());
      for (const auto& tag : metric.tags) REQUIRE_FALSE(tag.starts_with("host:"));
    }
  }
  CHECK(lines > 5'000);
  const auto stats = client->stats();
  CHECK(stats.balanced());
  CHECK(stats.called.samples == 20'000);
  for (const auto repair : {pawl::Repair::name,
                            pawl::Repair::tag_bytes,
                            pawl::Repair::text,
                            pawl::Repair::tag_cut,
                            pawl::Repair::tag_reserved,
                            pawl::Repair::tag_empty})
    CHECK(stats[repair] > 0);
}

TEST_CASE("a child's and the options' texts break no line either") {
  PAWL_PRINT_SEED();
  Random random{1};
  for (int i = 0; i < 500; ++i) {
    auto options = quiet_options();
    options.global_tags = {{evil_text(random), evil_text(random)}};
    MemoryClient client{options};
    const auto child = client->child(
        {.prefix = evil_text(random), .tags = {{evil_text(random), evil_text(random)}}});
    child.count("hits");
    child.event({.title = "t", .text = "x"});
    CHECK(client.sent().metric_lines() <= 1);
  }
}

TEST_CASE("no datagram is above its limit, whatever is in it") {
  PAWL_PRINT_SEED();
  Random random{2};
  for (const std::size_t limit : {128U, 200U, 512U, 1432U, 8192U}) {
    auto options = quiet_options();
    options.global_tags = {{"env", "prod"}};
    options.container_id = "ci-" + std::string(32, 'a');
    options.cardinality = pawl::Cardinality::orchestrator;
    MemoryClient client{options, limit};
    for (int i = 0; i < 3'000; ++i) call_once(*client, random);
    client->distribution("d", std::vector<double>(2'000, 1.0 / 3));
    std::size_t longest = 0;
    for (const auto& payload : client.payloads()) longest = std::max(longest, payload.size());
    CHECK(longest <= limit);
    CHECK(longest > limit / 2);
  }
}

}  // namespace
