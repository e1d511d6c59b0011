// Defects that other DogStatsD clients had, each with a test that it is not one of ours.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "contract/process.h"
#include "support/fake_agent.h"
#include "support/oracle.h"
#include "support/sanitizers.h"
#include "support/tally.h"
#include "transport/descriptors.h"

namespace {

using pawl::Client;
using pawl::InMemoryTransport;
using pawl::Options;
using pawl::Switch;
using pawl::test::decode;
using pawl::test::FakeAgent;
using pawl::test::in_child;
using pawl::test::MemoryClient;
using pawl::test::open_descriptors;
using pawl::test::opened_since;
using pawl::test::quiet_options;
using pawl::test::Tally;
using namespace std::chrono_literals;

// An environment variable for the length of a scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

void record_each_type(const Client& client) {
  client.count("c");
  client.gauge("g", 1);
  client.histogram("h", 1);
  client.distribution("d", 1);
  client.timing("t", 1ms);
  client.set("s", "m");
  client.count_at("at", 1, std::chrono::system_clock::time_point{1s});
}

TEST_CASE("the external environment stands on aggregated metrics too") {
  const Variable external{"DD_EXTERNAL_ENV", "it-false,cn-web,pu-810fe89d"};
  Options options = quiet_options();
  options.environment = Switch::on;
  options.origin_detection = Switch::on;
  MemoryClient client{options};
  record_each_type(*client);
  int lines = 0;
  for (const auto& payload : client.payloads())
    for (const auto& metric : decode(payload).metrics()) {
      CHECK(metric.external == "it-false,cn-web,pu-810fe89d");
      ++lines;
    }
  CHECK(lines == 7);
}

TEST_CASE("the same tags in another order are the same context") {
  MemoryClient client;
  client->count("hits", 1, {{"a", ""}, {"b", ""}});
  client->count("hits", 1, {{"b", ""}, {"a", ""}});
  client->counter("hits", {{"b", ""}, {"a", ""}}).add(1);
  CHECK(client->stats().contexts == 1);
  CHECK(client.text() == "hits:3|c|#a,b\n");
}

TEST_CASE("a bar, a comma and a line break in names and tags reach no field of their own") {
  MemoryClient client;
  client->count("a|c\nb", 1, {{"k|#x", "1,2\nb:1|c"}});
  const auto sent = client.sent();
  REQUIRE(sent.contexts().size() == 1);
  const auto& context = sent.contexts().begin()->first;
  CHECK(context.name == "a_c_b");
  CHECK(context.tags == std::vector<std::string>{"k__x:1_2_b:1_c"});
}

TEST_CASE("a rate of 0.05 is written as 0.05") {
  MemoryClient client;
  while (client->stats().pending.samples == 0) client->histogram("h", 1, {}, {.sample_rate = 0.05});
  CHECK(client.text() == "h:1|h|@0.05\n");
}

TEST_CASE("a gauge of 1e-5 is not written as zero") {
  MemoryClient client;
  client->gauge("g", 1e-5);
  CHECK(client.sent().gauge("g") == 1e-5);
}

TEST_CASE("a comma in the locale writes no comma") {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale{std::locale{}, new Comma});
  MemoryClient client;
  client->gauge("g", 1'234'567.5);
  const std::string text = client.text();
  std::locale::global(before);
  CHECK(text == "g:1234567.5|g\n");
}

TEST_CASE("the destructor sends what was not flushed") {
  const auto transport = std::make_shared<InMemoryTransport>();
  {
    Options options = quiet_options();
    options.transport = transport;
    options.background = pawl::Background::threads;
    const auto client = Client::create(options);
    record_each_type(*client);
  }
  CHECK(transport->take_lines().size() == 7);
}

TEST_CASE("a line that says a rate was sampled at it") {
  MemoryClient client;
  constexpr int kCalls = 10'000;
  for (int i = 0; i < kCalls; ++i) client->timing("t", 1ms, {}, {.sample_rate = 0.1});
  const auto sent = client.sent();
  const auto& held = sent.of({"ms", "t"});
  CHECK(held.samples.size() < kCalls / 5);
  CHECK(held.weight() > kCalls / 2);
  CHECK(held.weight() < kCalls * 2);
}

TEST_CASE("the limit of a datagram counts its origin and cardinality") {
  Options options = quiet_options();
  options.container_id = "ci-" + std::string(64, 'f');
  options.cardinality = pawl::Cardinality::orchestrator;
  options.global_tags = {{"env", "prod"}};
  constexpr std::size_t kLimit = 256;
  MemoryClient client{options, kLimit};
  for (int i = 0; i < 2'000; ++i) client->distribution("d", i / 7.0);
  for (int i = 0; i < 50; ++i) client->count("hits", i, {{"n", std::to_string(i)}});
  std::size_t longest = 0;
  for (const auto& payload : client.payloads()) longest = std::max(longest, payload.size());
  CHECK(longest <= kLimit);
  CHECK(longest > kLimit - 30);
}

TEST_CASE("contexts cost memory by what they hold, not by buffers made ahead") {
  Options options = quiet_options();
  options.max_contexts = 200'000;
  options.max_context_bytes = std::size_t{256} << 20;
  MemoryClient client{options};
  constexpr std::size_t kContexts = 20'000;
  const auto resident_bytes = [] {
    std::size_t pages = 0;
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    const bool read = file != nullptr && std::fscanf(file, "%*u %zu", &pages) == 1;
    if (file != nullptr) std::fclose(file);
    return read ? 4096 * pages : 0;
  };
  client->distribution("d", 1);
  const std::size_t before = resident_bytes();
  for (std::size_t i = 0; i < kContexts; ++i)
    client->distribution("d", 1, {{"user", std::to_string(i)}});
  CHECK(client->stats().contexts == kContexts + 1);
  CHECK(client->stats().context_bytes < kContexts * 500);
  if (!pawl::test::kUnderSanitizer) CHECK(resident_bytes() - before < kContexts * 1'000);
}

TEST_CASE("a client connects again after its Agent has restarted") {
  for (const auto kind : {FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream}) {
    FakeAgent agent{kind};
    Options options = quiet_options();
    options.address = agent.url();
    const auto client = Client::create(options);
    REQUIRE(client);
    for (int restart = 0; restart < 5; ++restart) {
      client->count("hits");
      CHECK(client->flush(10s));
      agent.stop_drained();
      agent.start();
    }
    client->count("hits");
    CHECK(client->flush(10s));
    agent.drain();
    Tally arrived;
    arrived.feed_all(agent.payloads());
    CHECK(arrived.count("hits") == 6);
  }
}

TEST_CASE("a forked child writes nothing into a descriptor that is somebody else's by now") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  const auto before = open_descriptors();
  Options options = quiet_options();
  options.address = agent.url();
  const auto client = Client::create(options);
  REQUIRE(client);
  client->count("parent");
  REQUIRE(client->flush(10s));
  const int ours = opened_since(before).front();
  CHECK(in_child([&] {
          int ends[2];
          if (::pipe2(ends, O_NONBLOCK) != 0) return 1;
          const int reader = ::fcntl(ends[0], F_DUPFD, 500);
          if (::dup2(ends[1], ours) != ours) return 2;
          client->count("child");
          if (!client->flush(10s)) return 3;
          char byte = 0;
          return ::read(reader, &byte, 1) < 0 ? 0 : 4;
        }) == 0);
}

}  // namespace
