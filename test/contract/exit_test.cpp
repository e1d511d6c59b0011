// However a process ends, with threads that still record: no crash, no hang.

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <unistd.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "contract/process.h"
#include "support/fake_agent.h"
#include "support/tally.h"

namespace {

using pawl::Client;
using pawl::test::FakeAgent;
using pawl::test::quiet_options;
using pawl::test::role;
using pawl::test::run_case;
using pawl::test::Tally;

constexpr int kEnds = 10;  // of each kind and run
constexpr const char* kBody = "a process that ends with live threads";

// Records for ever, also while static objects are destroyed.
void record_for_ever(const Client& client, std::atomic<int>& recorded) {
  const pawl::Counter bound = client.counter("bound");
  for (;;) {
    client.count("hits");
    client.distribution("d", 1, {{"a", "b"}});
    client.gauge("g", 1);
    bound.add();
    ++recorded;
    recorded.notify_all();
  }
}

// In a process that run_case() made; role: how to end, then the Agent's address.
TEST_CASE("a process that ends with live threads" * doctest::skip()) {
  const std::string how = role().substr(0, role().find(' '));
  if (how.empty()) return;
  auto options = quiet_options();
  options.background = pawl::Background::threads;
  options.address = role().substr(how.size() + 1);
  static const Client client = std::move(*Client::create(options));
  static std::atomic<int> recorded{0};
  client.count("once");
  for (int i = 0; i < 3; ++i) std::thread{[] { record_for_ever(client, recorded); }}.detach();
  for (int now = recorded; now < 1'000; now = recorded) recorded.wait(now);
  if (how == "exit") std::exit(0);
  if (how == "quick_exit") std::quick_exit(0);
  if (how == "_exit") ::_exit(0);
  if (how == "close") {
    client.close();
    std::exit(0);
  }
}

// Made before the client, so destroyed after it: lets the waiting thread record then, and waits for
// it.
struct Afterwards {
  std::atomic<int> stage{0};
  void reach(int next) {
    stage = next;
    stage.notify_all();
  }
  void await(int wanted) {
    for (int now = stage; now < wanted; now = stage) stage.wait(now);
  }
  ~Afterwards() {
    reach(1);
    await(2);
  }
};

constexpr const char* kLateBody = "a process whose thread first records when its client is gone";

TEST_CASE("a process whose thread first records when its client is gone" * doctest::skip()) {
  if (role() != "late") return;
  static Afterwards afterwards;
  static pawl::test::MemoryClient client;
  client->count("once");
  std::thread{[] {
    afterwards.await(1);
    client->count("late");
    client->gauge("late", 1);
    afterwards.reach(2);
    for (;;) std::this_thread::yield();
  }}.detach();
  std::exit(0);
}

TEST_CASE("a thread may record for the first time when the static client is destroyed already") {
  REQUIRE(run_case(kLateBody, "late") == 0);
}

TEST_CASE("a process may end by any way while threads record through a static client") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  for (const char* how : {"exit", "quick_exit", "_exit", "close"}) {
    CAPTURE(how);
    for (int i = 0; i < kEnds; ++i)
      REQUIRE(run_case(kBody, std::string{how} + " " + agent.url()) == 0);
  }
}

TEST_CASE("a process that exits sends the tail of a static client, whole lines only") {
  FakeAgent agent{FakeAgent::Kind::unix_stream};
  REQUIRE(run_case(kBody, "exit " + agent.url()) == 0);
  agent.drain();
  Tally arrived;
  arrived.feed_all(agent.take_payloads());
  CHECK(arrived.refusals().empty());
  CHECK(arrived.count("once") == 1);
  CHECK(arrived.count("hits") >= 300);
}

TEST_CASE("a process that exits without an Agent does not wait for one") {
  CHECK(run_case(kBody, "exit unixgram:///nonexistent/dsd.socket") == 0);
}

}  // namespace
