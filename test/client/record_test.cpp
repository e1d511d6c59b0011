// Several metrics in one call: what each of them would be in a call of its own.

#include <chrono>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Client;
using pawl::Measurement;
using pawl::Reject;
using pawl::Tag;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;

TEST_CASE("each measurement arrives under its name and type, all with the same tags") {
  MemoryClient client;
  client->record({{"model", "gpt-4.1"}, {"env", "prod"}},
                 {Measurement::count("llm.requests", 2),
                  Measurement::gauge("llm.in_flight", 7),
                  Measurement::histogram("llm.queue_ms", 1.5),
                  Measurement::distribution("llm.latency_ms", 1430.5),
                  Measurement::timing("llm.total", std::chrono::microseconds{2500})});
  const std::string text = client.text();
  for (const char* line : {"llm.requests:2|c|#env:prod,model:gpt-4.1\n",
                           "llm.in_flight:7|g|#env:prod,model:gpt-4.1\n",
                           "llm.queue_ms:1.5|h|#env:prod,model:gpt-4.1\n",
                           "llm.latency_ms:1430.5|d|#env:prod,model:gpt-4.1\n",
                           "llm.total:2.5|ms|#env:prod,model:gpt-4.1\n"})
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
  CHECK(client->stats().called.samples == 5);
  CHECK(client->stats().balanced());
}

TEST_CASE("a measurement and a call of the same name, type and tags share a context") {
  MemoryClient client;
  const std::vector<Tag> tags = {{"b", "2"}, {"a", "1"}};
  const std::vector<Measurement> all = {Measurement::count("n", 3)};
  for (int i = 0; i < 10; ++i) {
    client->record(tags, std::span{all});
    client->count("n", 3, tags);
  }
  CHECK(client->stats().contexts == 1);
  CHECK(client->stats().shapes == 1);
  CHECK(client.text() == "n:60|c|#a:1,b:2\n");
}

TEST_CASE("what is refused in a call of several is counted and leaves the others alone") {
  MemoryClient client;
  client->record({{"a", "1"}},
                 {Measurement::count("", 5),
                  Measurement::distribution("d", std::numeric_limits<double>::quiet_NaN()),
                  Measurement::timing("t", std::chrono::milliseconds{-1}),
                  Measurement::count("n")});
  CHECK(client.text() == "n:1|c|#a:1\n");
  const pawl::Stats stats = client->stats();
  CHECK(stats.rejected[static_cast<std::size_t>(Reject::name)] == pawl::Amount{1, 5});
  CHECK(stats.rejected[static_cast<std::size_t>(Reject::value)].samples == 2);
  CHECK(stats.balanced());
}

TEST_CASE("long tags and names are recorded as well as short ones") {
  MemoryClient client;
  const std::string value(150, 'v');
  const std::string name(60, 'n');
  for (int i = 0; i < 3; ++i)
    client->record({{"model", value}}, {Measurement::count(name), Measurement::count("short")});
  CHECK(client->stats().shapes == 2);
  const std::string text = client.text();
  CHECK(text.find(name + ":3|c|#model:" + value + "\n") != std::string::npos);
  CHECK(text.find("short:3|c|#model:" + value + "\n") != std::string::npos);
}

TEST_CASE("the sample rate and the cardinality of the call are those of each measurement") {
  MemoryClient client;
  client->record({},
                 {Measurement::distribution("d", 1), Measurement::count("n")},
                 {.sample_rate = 2.0, .cardinality = pawl::Cardinality::low});
  const std::string text = client.text();
  CHECK(text.find("d:1|d|card:low\n") != std::string::npos);
  CHECK(text.find("n:1|c|card:low\n") != std::string::npos);
  CHECK(client->stats().repaired[static_cast<std::size_t>(pawl::Repair::sample_rate)] == 1);
}

TEST_CASE("a child client adds its prefix and tags, and a null client records nothing") {
  MemoryClient client;
  const Client child = client->child({.prefix = "sub.", .tags = {{"part", "x"}}});
  child.record({{"a", "1"}}, {Measurement::count("n")});
  Client::null().record({{"a", "1"}}, {Measurement::count("n")});
  CHECK(client.text() == "sub.n:1|c|#a:1,part:x\n");
}

}  // namespace
