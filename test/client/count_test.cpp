#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Reject;
using pawl::test::MemoryClient;
using pawl::test::on_threads;

TEST_CASE("counts of one name and tags arrive as one line with their sum") {
  MemoryClient client;
  client->count("hits");
  client->count("hits", 41);
  CHECK(client.text() == "hits:42|c\n");
}

TEST_CASE("a count may be negative") {
  MemoryClient client;
  client->count("depth", 3);
  client->count("depth", -10);
  CHECK(client.text() == "depth:-7|c\n");
}

TEST_CASE("counts that cancel out are sent all the same") {
  MemoryClient client;
  client->count("depth", 1);
  client->count("depth", -1);
  CHECK(client.text() == "depth:0|c\n");
}

TEST_CASE("a count that was sent is not sent again") {
  MemoryClient client;
  client->count("hits", 5);
  CHECK(client.text() == "hits:5|c\n");
  CHECK(client.text().empty());
  client->count("hits", 2);
  CHECK(client.text() == "hits:2|c\n");
}

TEST_CASE("the order of tags makes no other context") {
  MemoryClient client;
  client->count("hits", 1, {{"tier", "l2"}, {"zone", "a"}});
  client->count("hits", 2, {{"zone", "a"}, {"tier", "l2"}});
  CHECK(client->stats().contexts == 1);
  CHECK(client.text() == "hits:3|c|#tier:l2,zone:a\n");
}

TEST_CASE("a tag may be a bare key or a bare value") {
  MemoryClient client;
  client->count("hits", 1, {{"canary", ""}, {"", "blue"}});
  CHECK(client.text() == "hits:1|c|#blue,canary\n");
}

TEST_CASE("a sum beyond 64 bits wraps as a counter does, and the ledger with it") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  MemoryClient client;
  client->count("hits", kMost);
  client->count("hits", 1);
  CHECK(client.text() == "hits:-9223372036854775808|c\n");
  CHECK(client->stats().balanced());
}

TEST_CASE("more counters than one chunk of cells holds arrive each with its sum") {
  MemoryClient client;
  constexpr int kContexts = 1'300;
  for (int i = 0; i < kContexts; ++i) client->count("hits", i, {{"n", std::to_string(i)}});
  const auto sent = client.sent();
  CHECK(sent.contexts().size() == kContexts);
  for (int i = 0; i < kContexts; ++i) CHECK(sent.count("hits", {"n:" + std::to_string(i)}) == i);
}

TEST_CASE("a name that is none is refused with its value") {
  MemoryClient client;
  client->count("", 7);
  client->count("123", 8);
  client->count(std::string(201, 'n'), 9);
  CHECK(client.text().empty());
  const auto stats = client->stats();
  CHECK(stats[Reject::name].samples == 3);
  CHECK(stats[Reject::name].counted == 24);
  CHECK(stats.balanced());
}

TEST_SUITE("concurrent") {
  TEST_CASE("counts of all threads come together, whenever it is flushed") {
    constexpr std::size_t kThreads = 4;
    constexpr int kCalls = 20'000;
    MemoryClient client;
    on_threads(kThreads, [&](std::size_t number) {
      for (int i = 0; i < kCalls; ++i) {
        client->count("hits", 2, {{"tier", "l2"}});
        if (number == 0 && i % 1'000 == 0) client->flush();
      }
    });
    CHECK(client.sent().count("hits", {"tier:l2"}) == 2.0 * kThreads * kCalls);
    CHECK(client->stats().handed_to_kernel.samples == kThreads * kCalls);
  }
}

}  // namespace
