// Threads that come and go, and clients that do.

#include <atomic>
#include <cstddef>
#include <cstdio>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"
#include "support/sanitizers.h"

namespace {

using pawl::Client;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using pawl::test::quiet_options;

Client one_more() {
  auto options = quiet_options();
  options.transport = std::make_shared<pawl::InMemoryTransport>();
  auto made = Client::create(options);
  REQUIRE(made.ok());
  return std::move(*made);
}

std::size_t resident_kib() {
  std::size_t pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  const bool read = file != nullptr && std::fscanf(file, "%*u %zu", &pages) == 1;
  if (file != nullptr) std::fclose(file);
  return read ? 4 * pages : 0;
}

TEST_CASE("32 clients may be alive, the next is an error, and slots are used again") {
  std::vector<Client> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(one_more());
    clients.back().count("a", i);
  }
  auto options = quiet_options();
  options.address = "127.0.0.1";
  const auto beyond = Client::create(options);
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().message.find("32") != std::string::npos);
  clients.erase(clients.begin() + 7);
  CHECK(Client::create(options));
  for (const Client& client : clients) CHECK(client.stats().called.samples == 1);
}

TEST_CASE("children take no slot") {
  const Client parent = one_more();
  std::vector<Client> children;
  for (int i = 0; i < 100; ++i) children.push_back(parent.child({.prefix = "c."}));
  CHECK(parent.stats().called.samples == 0);
}

TEST_CASE("what one client recorded is not in the next that has its slot") {
  for (int i = 0; i < 200; ++i) {
    MemoryClient client;
    client->count("a", i);
    client->distribution("d", i);
    CHECK(client.sent().count("a") == i);
    CHECK(client->stats().called.samples == 2);
  }
}

TEST_SUITE("concurrent") {
  TEST_CASE("what ended threads recorded is sent, and their cells serve the next") {
    constexpr int kThreads = 2'000;
    MemoryClient client;
    const pawl::Counter bound = client->counter("bound");
    std::size_t before = 0;
    for (int i = 0; i < kThreads; ++i) {
      std::thread{[&] {
        bound.add(1);
        client->count("hits", 2);
        client->distribution("d", 1);
      }}.join();
      if (i == kThreads / 10) before = resident_kib();
    }
    CHECK(client->stats().threads == 2);  // with this one, which bound the handle
    // 1,800 shards of their own would have taken 150 MB.
    if (!pawl::test::kUnderSanitizer) CHECK(resident_kib() < before + 4'096);
    const auto sent = client.sent();
    CHECK(sent.count("bound") == kThreads);
    CHECK(sent.count("hits") == 2 * kThreads);
    CHECK(sent.of({"d", "d"}).weight() == kThreads);
  }

  TEST_CASE("a client may go while threads that recorded live on, and so may many after it") {
    std::atomic<int> round{0};
    std::atomic<int> done{0};
    std::atomic<const Client*> current{nullptr};
    std::vector<std::thread> threads;
    constexpr int kRounds = 100;
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        for (int mine = 1; mine <= kRounds; ++mine) {
          for (int now = round; now < mine; now = round) round.wait(now);
          current.load()->count("hits");
          ++done;
          done.notify_all();
        }
      });
    for (int mine = 1; mine <= kRounds; ++mine) {
      MemoryClient client;
      current = &*client;
      round = mine;
      round.notify_all();
      for (int now = done; now < 2 * mine; now = done) done.wait(now);
      CHECK(client.sent().count("hits") == 2);
    }
    for (std::thread& thread : threads) thread.join();
  }

  TEST_CASE("a thread that ends after its client harms nobody") {
    for (int i = 0; i < 50; ++i) {
      std::latch recorded{1};
      std::latch gone{1};
      std::optional<MemoryClient> client{std::in_place};
      std::thread thread{[&] {
        (*client)->count("hits");
        recorded.count_down();
        gone.wait();
      }};
      recorded.wait();
      client.reset();
      gone.count_down();
      thread.join();
    }
    CHECK(one_more().stats().called.samples == 0);
  }

  TEST_CASE("a value recorded in a thread's last destructor arrives") {
    struct Last {
      const Client* client;
      ~Last() { client->count("last"); }
    };
    MemoryClient client;
    std::thread{[&] {
      // Made before the thread's first record, so it is destroyed after the client's own.
      thread_local const Last last{&*client};
      (void)last;
      client->count("first");
    }}.join();
    const auto sent = client.sent();
    CHECK(sent.count("first") == 1);
    CHECK(sent.count("last") == 1);
  }

  TEST_CASE("clients may be made and destroyed by many threads at once") {
    on_threads(4, [](std::size_t number) {
      for (int i = 0; i < 50; ++i) {
        MemoryClient client;
        client->count("hits", static_cast<std::int64_t>(number));
        client->close();
      }
    });
    CHECK(one_more().stats().called.samples == 0);
  }
}

}  // namespace
