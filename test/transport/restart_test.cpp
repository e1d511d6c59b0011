// The Agent goes and comes back 200 times while a thread sends: what the kernel was handed has
// arrived, each datagram once.

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/fake_agent.h"
#include "transport/datagrams.h"
#include "transport/sender.h"
#include "transport/uds.h"

namespace {

using pawl::Amount;
using pawl::ManualClock;
using pawl::test::accounted;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::FakeAgent;
using pawl::test::payloads_of;
using pawl::transport::Address;
using pawl::transport::Sender;
using pawl::transport::Uds;

constexpr std::size_t kRestarts = 200;
constexpr std::size_t kEach = 10;

Sender::RealTime in_time() { return std::chrono::steady_clock::now() + std::chrono::seconds{60}; }

// A sender with a thread of its own, whose time runs so fast that no back-off is waited for.
class Load {
 public:
  explicit Load(const FakeAgent& agent)
      : sender(std::make_shared<Uds>(Address::Kind::unix_any, agent.path(), 8192),
               clock_,
               {.queue_ttl = std::chrono::hours{1'000'000}}),
        thread_([this] { run(); }) {}
  ~Load() {
    ending_ = true;
    thread_.join();
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  void run() {
    while (!ending_) {
      sender.pump();
      clock_->advance(std::chrono::milliseconds{500});
      std::this_thread::yield();
    }
  }

  const std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  std::atomic<bool> ending_{false};

 public:
  Sender sender;

 private:
  std::thread thread_;
};

TEST_SUITE("concurrent") {
  TEST_CASE("an Agent restarted 200 times under load receives everything, once and in order") {
    for (const auto kind : {FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream}) {
      FakeAgent agent{kind};
      Load load{agent};
      for (std::size_t restart = 0; restart < kRestarts; ++restart) {
        load.sender.push(datagrams(restart * kEach, kEach));
        agent.stop_drained();
        agent.start();
      }
      REQUIRE(load.sender.wait_empty(in_time()));
      const std::size_t all = kRestarts * kEach;
      CHECK(load.sender.totals().handed_to_kernel == amount_of(0, all));
      CHECK(load.sender.totals().dropped.total() == Amount{});
      REQUIRE(agent.wait_for(all));
      CHECK(agent.payloads() == payloads_of(0, all));
    }
  }

  TEST_CASE("an Agent killed 200 times under load loses only what it had not read") {
    for (const auto kind : {FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream}) {
      FakeAgent agent{kind};
      Load load{agent};
      for (std::size_t restart = 0; restart < kRestarts; ++restart) {
        load.sender.push(datagrams(restart * kEach, kEach));
        CHECK(accounted(load.sender.totals()) == amount_of(0, (restart + 1) * kEach));
        agent.crash();
        agent.start();
      }
      REQUIRE(load.sender.wait_empty(in_time()));
      const Sender::Totals totals = load.sender.totals();
      CHECK(totals.handed_to_kernel == amount_of(0, kRestarts * kEach));
      CHECK(totals.dropped.total() == Amount{});
      agent.drain();
      CHECK(agent.payloads().size() <= totals.handed_to_kernel.samples);
      // What it did read came in order, so none came twice.
      long last = -1;
      for (const std::string& payload : agent.payloads()) {
        REQUIRE(std::stol(payload) > last);
        last = std::stol(payload);
      }
    }
  }
}

}  // namespace
