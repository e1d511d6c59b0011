// A process that forks while threads record: both sides account for their own samples, and nothing
// is sent twice.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "contract/process.h"
#include "support/fake_agent.h"
#include "support/sanitizers.h"
#include "support/tally.h"
#include "transport/descriptors.h"

namespace {

using pawl::Background;
using pawl::Client;
using pawl::Reject;
using pawl::test::FakeAgent;
using pawl::test::in_child;
using pawl::test::MemoryClient;
using pawl::test::open_descriptors;
using pawl::test::opened_since;
using pawl::test::quiet_options;
using pawl::test::start_child;
using pawl::test::Tally;
using pawl::test::wait_for_exit;
using namespace std::chrono_literals;

constexpr std::int64_t kChildCalls = 100;

pawl::Options to(const FakeAgent& agent) {
  auto options = quiet_options();
  options.background = Background::threads;
  options.address = agent.url();
  return options;
}

// What a forked child does with its parent's client: it starts at zero, records, and hands all
// over.
int live_as_child(const Client& client, const pawl::Counter& bound) {
  if (client.stats().called.samples != 0) return 2;
  for (std::int64_t i = 0; i < kChildCalls; ++i) {
    client.count("child");
    client.distribution("child.d", 1);
    bound.add();
  }
  if (!client.flush(10s)) return 3;
  const bool lost = static_cast<bool>(client.close(10s));
  const auto stats = client.stats();
  if (lost || !stats.balanced() || stats.pending.samples != 0) return 4;
  return stats.handed_to_kernel.samples == 3 * kChildCalls ? 0 : 5;
}

// Threads that record until it ends; stop() gives how many rounds they made.
class Load {
 public:
  explicit Load(const Client& client) {
    for (int i = 0; i < 2; ++i)
      threads_.emplace_back([this, &client] {
        const pawl::Counter bound = client.counter("bound");
        std::uint64_t rounds = 0;
        for (; !stop_; ++rounds) {
          client.count("parent");
          client.distribution("parent.d", 1);
          client.set("parent.s", "m");
          client.count("parent.n", 1, {{"n", std::to_string(rounds % 64)}});
          client.gauge_at("parent.at", 1, std::chrono::system_clock::time_point{1s});
          bound.add();
          // As much as a reader keeps up with.
          if (rounds % 500 == 499) client.flush(10s);
        }
        rounds_ += rounds;
      });
  }
  ~Load() { stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  std::uint64_t stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return rounds_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> rounds_{0};
  std::vector<std::thread> threads_;
};

TEST_CASE("fifty forks under load lose nothing and send nothing twice") {
  PAWL_SKIP_WITHOUT_FORKED_ALLOCATOR();
  for (const auto kind : {FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream}) {
    constexpr int kForks = 25;
    FakeAgent agent{kind};
    const auto client = Client::create(to(agent));
    REQUIRE(client);
    const pawl::Counter bound = client->counter("child.bound");
    Load load{*client};
    for (int i = 0; i < kForks; ++i)
      REQUIRE(in_child([&] { return live_as_child(*client, bound); }) == 0);
    const auto rounds = static_cast<double>(load.stop());
    CHECK_FALSE(client->close(10s));
    CHECK(client->stats().balanced());
    agent.drain();
    Tally arrived;
    arrived.feed_all(agent.take_payloads());
    CHECK(arrived.refusals().empty());
    CHECK(arrived.count("child") == static_cast<double>(kForks * kChildCalls));
    CHECK(arrived.count("child.bound") == static_cast<double>(kForks * kChildCalls));
    CHECK(arrived.of({"d", "child.d"}).weight() == kForks * kChildCalls);
    CHECK(arrived.count("parent") == rounds);
    CHECK(arrived.count("bound") == rounds);
    CHECK(arrived.of({"d", "parent.d"}).weight() == static_cast<std::int64_t>(rounds));
    CHECK(arrived.of({"g", "parent.at"}).points.size() == static_cast<std::size_t>(rounds));
  }
}

TEST_CASE("what waits when a process forks is sent by the parent alone") {
  MemoryClient client;
  client->count("hits", 3);
  client->distribution("d", 1);
  client->set("s", "m");
  client->event({.title = "t", .text = "x"});
  CHECK(in_child([&] {
          const bool nothing = client->stats().pending.samples == 0;
          client->flush();
          if (!nothing || !client.transport->take().empty()) return 1;
          client->count("hits", 4);
          client->flush();
          return client.transport->take_lines() == std::vector<std::string>{"hits:4|c"} ? 0 : 2;
        }) == 0);
  CHECK(client.text() == "d:1|d\ns:m|s\nhits:3|c\n_e{1,1}:t|x\n");
}

TEST_CASE("a descriptor that the child's program has reused gets no byte") {
  for (const auto kind :
       {FakeAgent::Kind::udp_v4, FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream}) {
    FakeAgent agent{kind};
    const auto before = open_descriptors();
    auto options = to(agent);
    options.background = Background::manual;
    const auto client = Client::create(options);
    REQUIRE(client);
    client->count("parent");
    REQUIRE(client->flush(10s));
    const int ours = opened_since(before).front();
    const int code = in_child([&] {
      int ends[2];
      if (::pipe2(ends, O_NONBLOCK) != 0) return 1;
      const int reader = ::fcntl(ends[0], F_DUPFD, 500);
      if (::fcntl(ours, F_GETFD) >= 0 && ours != ends[0] && ours != ends[1]) return 2;
      if (::dup2(ends[1], ours) != ours) return 3;
      client->count("child");
      if (!client->flush(10s)) return 4;
      char byte = 0;
      return ::read(reader, &byte, 1) < 0 && errno == EAGAIN ? 0 : 5;
    });
    CHECK(code == 0);
    client->count("parent");
    CHECK(client->flush(10s));
    agent.drain();
    Tally arrived;
    arrived.feed_all(agent.take_payloads());
    CHECK(arrived.count("parent") == 2);
    CHECK(arrived.count("child") == 1);
  }
}

TEST_CASE("a child's threads start with its first record, and send without a flush") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  auto options = to(agent);
  options.flush_interval = 100ms;
  const auto client = Client::create(options);
  REQUIRE(client);
  client->count("parent");
  REQUIRE(client->flush(10s));
  REQUIRE(agent.wait_for(1));
  const pid_t child = start_child([&] {
    client->count("child");
    for (;;) ::pause();
    return 0;
  });
  CHECK(agent.wait_for(2));
  ::kill(child, SIGKILL);
  CHECK(wait_for_exit(child) == 1'000 + SIGKILL);
}

TEST_CASE("a child of a closed client is closed too") {
  MemoryClient client;
  client->count("a");
  client->close();
  CHECK(in_child([&] {
          client->count("a");
          client->flush();
          const auto stats = client->stats();
          return stats.balanced() && stats[Reject::closed].samples == 1 ? 0 : 1;
        }) == 0);
}

TEST_CASE("a grandchild accounts for its own samples as well") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  const auto client = Client::create(to(agent));
  REQUIRE(client);
  const pawl::Counter bound = client->counter("child.bound");
  client->count("parent");
  CHECK(in_child([&] {
          client->count("child");
          if (in_child([&] { return live_as_child(*client, bound); }) != 0) return 1;
          return client->close(10s) ? 2 : 0;
        }) == 0);
  CHECK_FALSE(client->close(10s));
  agent.drain();
  Tally arrived;
  arrived.feed_all(agent.take_payloads());
  CHECK(arrived.count("parent") == 1);
  CHECK(arrived.count("child") == static_cast<double>(kChildCalls + 1));
}

TEST_CASE("a child that exits sends its own tail") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  auto client = std::make_unique<Client>(std::move(*Client::create(to(agent))));
  client->count("parent", 2);
  CHECK(in_child([&] {
          client->count("child", 3);
          client.reset();
          return 0;
        }) == 0);
  client.reset();
  agent.drain();
  Tally arrived;
  arrived.feed_all(agent.take_payloads());
  CHECK(arrived.count("parent") == 2);
  CHECK(arrived.count("child") == 3);
}

}  // namespace
