#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"

namespace {

using pawl::Background;
using pawl::Client;
using pawl::Drop;
using pawl::InMemoryTransport;
using pawl::Reject;
using pawl::SendStatus;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using pawl::test::quiet_options;
using pawl::test::Tally;
using namespace std::chrono_literals;

using Lines = std::vector<std::string>;

pawl::Options threaded_options() {
  auto options = quiet_options();
  options.background = Background::threads;
  return options;
}

void record_each_kind(const Client& client) {
  client.count("c", 2);
  client.gauge("g", 1);
  client.distribution("d", 1);
  client.set("s", "m");
  client.event({.title = "t", .text = "x"});
}

TEST_CASE("close sends the tail and says that nothing was lost") {
  MemoryClient client;
  client->count("hits", 3);
  client->distribution("d", 1);
  CHECK_FALSE(client->close());
  CHECK(client.transport->take_lines() == Lines{"d:1|d", "hits:3|c"});
  CHECK(client->stats().pending == pawl::Amount{});
}

TEST_CASE("the destructor sends the tail") {
  const auto transport = std::make_shared<InMemoryTransport>();
  {
    auto options = quiet_options();
    options.transport = transport;
    const auto client = Client::create(options);
    client->count("hits", 3);
  }
  CHECK(transport->take_lines() == Lines{"hits:3|c"});
}

TEST_CASE("calls after close are counted and do nothing") {
  MemoryClient client;
  const pawl::Counter bound = client->counter("hits");
  client->count("hits", 1);
  client->close();
  client.transport->take();
  record_each_kind(*client);
  bound.add(5);
  client->count("new.name", 1);
  CHECK(client->flush());
  CHECK(client.transport->take().empty());
  const auto stats = client->stats();
  CHECK(stats[Reject::closed].samples == 7);
  CHECK(stats[Reject::closed].counted == 8);
  CHECK(stats.pending == pawl::Amount{});
  CHECK(stats.balanced());
}

TEST_CASE("calls after close fill no memory, however many there are") {
  MemoryClient client;
  client->close();
  constexpr int kCalls = 20'000;
  for (int i = 0; i < kCalls; ++i) client->distribution("d", i);
  const auto stats = client->stats();
  CHECK(stats[Reject::closed].samples == kCalls);
  CHECK(stats.balanced());
}

TEST_CASE("a second close changes nothing and gives the same") {
  MemoryClient client;
  client.transport->behave(SendStatus::failed);
  client->count("hits", 3);
  const auto first = client->close();
  client.transport->behave(SendStatus::sent);
  client->count("hits", 4);
  const auto second = client->close();
  CHECK(first[Drop::send_error] == pawl::Amount{1, 3});
  CHECK(first.by_reason == second.by_reason);
  CHECK(client.transport->take().empty());
}

TEST_CASE("close gives what could not be handed over, by reason") {
  MemoryClient client;
  client.transport->behave(SendStatus::unreachable);
  client->count("hits", 3);
  client->count("hits", 4);
  const auto lost = client->close();
  CHECK(lost[Drop::unreachable] == pawl::Amount{2, 7});
  CHECK(lost.total() == pawl::Amount{2, 7});
}

TEST_CASE("flush with nobody there says that the kernel has not got it, and keeps it") {
  MemoryClient client;
  client.transport->behave(SendStatus::unreachable);
  client->count("hits", 3);
  CHECK_FALSE(client->flush(0ms));
  CHECK(client->stats().pending == pawl::Amount{1, 3});
  client.transport->behave(SendStatus::sent);
  CHECK(client->flush());
  CHECK(client.transport->take_lines() == Lines{"hits:3|c"});
}

TEST_CASE("a client that recorded nothing closes with nothing") {
  MemoryClient client;
  CHECK(client->flush());
  CHECK_FALSE(client->close());
  CHECK(client.transport->take().empty());
}

TEST_SUITE("concurrent") {
  TEST_CASE("flush waits until the sender's thread has handed all over") {
    MemoryClient client{threaded_options()};
    for (int i = 1; i <= 50; ++i) {
      client->count("hits", i);
      CHECK(client->flush(10s));
      CHECK(client.transport->take_lines() == Lines{"hits:" + std::to_string(i) + "|c"});
    }
  }

  TEST_CASE("close ends the threads with everything sent") {
    for (int i = 0; i < 20; ++i) {
      MemoryClient client{threaded_options()};
      record_each_kind(*client);
      CHECK_FALSE(client->close(10s));
      CHECK(client->stats().handed_to_kernel.samples == 5);
    }
  }

  TEST_CASE("a client that is closed without patience leaves no thread in what is gone") {
    for (int i = 0; i < 100; ++i) {
      auto options = threaded_options();
      options.close_deadline = 0ms;
      MemoryClient client{options};
      record_each_kind(*client);
      client->flush(0ms);
    }
  }

  TEST_CASE("threads may close one client at once, while others record and read") {
    MemoryClient client{threaded_options()};
    std::atomic<std::uint64_t> called{0};
    on_threads(4, [&](std::size_t number) {
      for (int i = 0; i < 2'000; ++i) {
        client->count("hits", 1);
        client->distribution("d", i);
        called += 2;
        if (i == 1'000 && number < 2) client->close(10s);
        if (i % 100 == 0) CHECK(client->stats().balanced());
      }
    });
    const auto stats = client->stats();
    CHECK(stats.balanced());
    CHECK(stats.called.samples == called);
    CHECK(stats.handed_to_kernel.samples + stats[Reject::closed].samples == called);
    CHECK(stats.pending == pawl::Amount{});
    Tally sent;
    sent.feed_all(client.transport->take());
    CHECK(sent.count("hits") == static_cast<double>(stats.handed_to_kernel.counted));
  }
}

}  // namespace
