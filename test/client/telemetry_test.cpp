#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::SendStatus;
using pawl::Switch;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using pawl::test::Tally;
using namespace std::chrono_literals;

constexpr auto kInterval = 10s;

MemoryClient telling() {
  auto options = quiet_options();
  options.telemetry = Switch::on;
  options.prefix = "ai.";
  options.global_tags = {{"env", "prod"}};
  return MemoryClient{options};
}

// What the client said of itself under a name.
double said(const Tally& sent, const std::string& name, const std::string& type = "") {
  std::vector<std::string> tags{"env:prod",
                                "client:cpp",
                                std::string{"client_version:"} + PAWL_VERSION,
                                "client_transport:memory"};
  if (!type.empty()) tags.push_back("metrics_type:" + type);
  return sent.count("datadog.dogstatsd.client." + name, tags);
}

TEST_CASE("telemetry waits for its interval") {
  MemoryClient client = telling();
  client->count("a");
  CHECK(client.text() == "ai.a:1|c|#env:prod\n");
  client.clock->advance(kInterval - 1ms);
  CHECK(client.text().empty());
  client.clock->advance(1ms);
  CHECK(said(client.sent(), "metrics") == 1);
}

TEST_CASE("telemetry counts calls by type under the official names, without the prefix") {
  MemoryClient client = telling();
  client->count("c");
  client->count("c");
  client->gauge("g", 1);
  client->histogram("h", 1);
  client->distribution("d", std::vector<double>{1, 2, 3});
  client->timing("t", 1ms);
  client->set("s", "m");
  client->event({.title = "t", .text = "x"});
  client->service_check({.name = "c"});
  client.sent();
  client.clock->advance(kInterval);
  const auto sent = client.sent();
  CHECK(said(sent, "metrics") == 9);
  CHECK(said(sent, "metrics_by_type", "count") == 2);
  CHECK(said(sent, "metrics_by_type", "gauge") == 1);
  CHECK(said(sent, "metrics_by_type", "histogram") == 1);
  CHECK(said(sent, "metrics_by_type", "distribution") == 3);
  CHECK(said(sent, "metrics_by_type", "timing") == 1);
  CHECK(said(sent, "metrics_by_type", "set") == 1);
  CHECK(said(sent, "events") == 1);
  CHECK(said(sent, "service_checks") == 1);
  CHECK(said(sent, "aggregated_context") == 6);
  CHECK(said(sent, "aggregated_context_by_type", "distribution") == 1);
}

TEST_CASE("telemetry tells packets and bytes to the byte") {
  MemoryClient client = telling();
  double packets = 0;
  double bytes = 0;
  double told_packets = 0;
  double told_bytes = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 100 * round; ++i)
      client->count("hits", 1, {{"a_rather_long_tag_key", std::to_string(i)}});
    client.clock->advance(kInterval);
    const auto payloads = client.payloads();
    Tally sent;
    sent.feed_all(payloads);
    told_packets += said(sent, "packets_sent");
    told_bytes += said(sent, "bytes_sent");
    // A report tells of what went before it.
    CHECK(told_packets == packets);
    CHECK(told_bytes == bytes);
    packets += static_cast<double>(sent.payloads());
    bytes += static_cast<double>(sent.bytes());
  }
  CHECK(packets > 5);
  CHECK(static_cast<double>(client->stats().traffic.bytes_sent) == bytes);
}

TEST_CASE("values are those since the last report") {
  MemoryClient client = telling();
  for (const int calls : {3, 5}) {
    client->count("a", 1);
    for (int i = 1; i < calls; ++i) client->count("a", 1);
    client.sent();
    client.clock->advance(kInterval);
    CHECK(said(client.sent(), "metrics") == calls);
  }
}

TEST_CASE("telemetry counts what was dropped, and by whom") {
  auto options = quiet_options();
  options.telemetry = Switch::on;
  options.global_tags = {{"env", "prod"}};
  options.queue_ttl = 100ms;
  MemoryClient client{options};
  client.transport->behave(SendStatus::failed);
  client->count("lost", 1);
  client->flush(0ms);
  client.transport->behave(SendStatus::unreachable);
  client->count("late", 1);
  client->flush(0ms);
  client.clock->advance(200ms);
  client.transport->behave(SendStatus::sent);
  client->flush();
  const auto traffic = client->stats().traffic;
  CHECK(traffic.packets_dropped_writer == 1);
  CHECK(traffic.packets_dropped_queue == 1);
  client.clock->advance(kInterval);
  const auto sent = client.sent();
  CHECK(said(sent, "packets_dropped") == 2);
  CHECK(said(sent, "packets_dropped_queue") == 1);
  CHECK(said(sent, "packets_dropped_writer") == 1);
  const double lost = sizeof "lost:1|c|#env:prod\n" - 1;
  CHECK(said(sent, "bytes_dropped") == 2 * lost);
  CHECK(said(sent, "bytes_dropped_queue") == lost);
  CHECK(said(sent, "bytes_dropped_writer") == lost);
}

TEST_CASE("a limit that turns calls away is told as dropped on receive") {
  auto options = quiet_options();
  options.telemetry = Switch::on;
  options.global_tags = {{"env", "prod"}};
  options.max_contexts = 16;
  MemoryClient client{options};
  for (int i = 0; i < 20; ++i) client->gauge("g", i, {{"n", std::to_string(i)}});
  client.sent();
  client.clock->advance(kInterval);
  CHECK(said(client.sent(), "metric_dropped_on_receive") == 4);
}

TEST_CASE("the last report goes out with close") {
  MemoryClient client = telling();
  client->count("a", 1);
  client->close();
  Tally sent;
  sent.feed_all(client.transport->take());
  CHECK(sent.count("ai.a", {"env:prod"}) == 1);
  CHECK(said(sent, "metrics") == 1);
}

TEST_CASE("telemetry does not enter the ledger of what was recorded") {
  MemoryClient client = telling();
  client->count("a", 1);
  client->close();
  const auto stats = client->stats();
  CHECK(stats.called.samples == 1);
  CHECK(stats.handed_to_kernel == stats.called);
  CHECK(stats.balanced());
}

TEST_CASE("a client whose telemetry is off says nothing of itself") {
  MemoryClient client;
  client->count("a", 1);
  client.clock->advance(kInterval);
  CHECK(client.text() == "a:1|c\n");
}

TEST_CASE("nothing happened is nothing to tell") {
  MemoryClient client = telling();
  client.clock->advance(kInterval);
  CHECK(client.text().empty());
}

}  // namespace
