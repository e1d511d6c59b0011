#include <chrono>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Client;
using pawl::Options;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

struct Bad {
  std::function<void(Options&)> spoil;
  std::string field;
  std::string value;
};

const std::vector<Bad> kBad{
    {[](Options& o) { o.address = "tcp://x:1"; }, "address", "tcp://x:1"},
    {[](Options& o) { o.address = "udp://host:99999"; }, "address", "99999"},
    {[](Options& o) { o.address = "unix://relative"; }, "address", "relative"},
    {[](Options& o) { o.address = "unix:///" + std::string(200, 'p'); }, "address", "ppp"},
    {[](Options& o) { o.prefix = "1abc"; }, "prefix", "1abc"},
    {[](Options& o) { o.prefix = "a b"; }, "prefix", "a b"},
    {[](Options& o) { o.prefix = std::string(101, 'p'); }, "prefix", "ppp"},
    {[](Options& o) { o.container_id = "a|b"; }, "container_id", "a|b"},
    {[](Options& o) { o.flush_interval = 99ms; }, "flush_interval", "99"},
    {[](Options& o) { o.flush_interval = 10'001ms; }, "flush_interval", "10001"},
    {[](Options& o) { o.flush_interval = -1ms; }, "flush_interval", "-1"},
    {[](Options& o) { o.max_contexts = 15; }, "max_contexts", "15"},
    {[](Options& o) { o.max_contexts = 1'000'001; }, "max_contexts", "1000001"},
    {[](Options& o) { o.max_context_bytes = 1; }, "max_context_bytes", "1"},
    {[](Options& o) { o.max_sample_bytes = 1'000; }, "max_sample_bytes", "1000"},
    {[](Options& o) { o.max_queue_bytes = 2'000; }, "max_queue_bytes", "2000"},
    {[](Options& o) { o.queue_ttl = 50ms; }, "queue_ttl", "50"},
    {[](Options& o) { o.max_datagram_bytes = 127; }, "max_datagram_bytes", "127"},
    {[](Options& o) { o.max_datagram_bytes = 65'508; }, "max_datagram_bytes", "65508"},
    {[](Options& o) { o.close_deadline = -5ms; }, "close_deadline", "-5"},
};

TEST_CASE("an option that makes no sense is an error that names the field and its value") {
  for (const Bad& bad : kBad) {
    CAPTURE(bad.field);
    CAPTURE(bad.value);
    Options options = quiet_options();
    bad.spoil(options);
    const auto made = Client::create(options);
    REQUIRE_FALSE(made);
    CAPTURE(made.error().message);
    CHECK(made.error().message.find(bad.field) != std::string::npos);
    CHECK(made.error().message.find(bad.value) != std::string::npos);
  }
}

TEST_CASE("options at their limits are taken") {
  Options least = quiet_options();
  least.flush_interval = 100ms;
  least.max_contexts = 16;
  least.max_context_bytes = 64 << 10;
  least.max_sample_bytes = 64 << 10;
  least.max_queue_bytes = 16 << 10;
  least.queue_ttl = 100ms;
  least.max_datagram_bytes = 128;
  least.close_deadline = 0ms;
  CHECK(Client::create(least));
  Options most = quiet_options();
  most.flush_interval = 10s;
  most.max_contexts = 1'000'000;
  most.max_datagram_bytes = 65'507;
  most.prefix = std::string(100, 'p');
  CHECK(Client::create(most));
}

TEST_CASE("a container id of the program's own is sent as it is") {
  auto options = quiet_options();
  options.container_id = "ci-0123abcd";
  pawl::test::MemoryClient client{options};
  client->count("a");
  client->event({.title = "t", .text = "x"});
  client->service_check({.name = "c"});
  CHECK(client.text() == "a:1|c|c:ci-0123abcd\n_e{1,1}:t|x|c:ci-0123abcd\n_sc|c|0|c:ci-0123abcd\n");
}

TEST_CASE("a prefix goes before the name of every metric as it is written") {
  auto options = quiet_options();
  options.prefix = "ai.";
  pawl::test::MemoryClient client{options};
  client->count("hits");
  client->gauge_at("load", 1, client.clock->wall_now());
  CHECK(client.text() == "ai.hits:1|c\nai.load:1|g|T1700000000\n");
}

TEST_CASE("what is odd in the environment is no error: the client works, and says so") {
  ::setenv("DD_DOGSTATSD_PORT", "eighty", 1);
  std::vector<std::string> heard;
  auto options = quiet_options();
  options.environment = pawl::Switch::on;
  options.on_warning = [&heard](std::string_view line) { heard.emplace_back(line); };
  pawl::test::MemoryClient client{options};
  ::unsetenv("DD_DOGSTATSD_PORT");
  client->count("a");
  CHECK(client.sent().count("a") == 1);
  REQUIRE(client->warnings().size() == 1);
  REQUIRE(heard.size() == 1);
  for (const std::string& line : {client->warnings().front(), heard.front()}) {
    CHECK(line.find("DD_DOGSTATSD_PORT") != std::string::npos);
    CHECK(line.find("eighty") != std::string::npos);
  }
}

TEST_CASE("a result of an error has no value and one of a value has no error") {
  CHECK_FALSE(Client::create({.prefix = "!"}).ok());
  CHECK(Client::create(quiet_options()).ok());
}

}  // namespace
