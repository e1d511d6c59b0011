#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"
#include "transport/datagrams.h"
#include "transport/scripted_transport.h"
#include "transport/sender.h"

namespace {

using pawl::Amount;
using pawl::Clock;
using pawl::Drop;
using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::accounted;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::Random;
using pawl::test::ScriptedTransport;
using pawl::transport::Sender;

constexpr std::array kStatuses = {
    SendStatus::sent, SendStatus::would_block, SendStatus::too_large, SendStatus::failed};

// Holds the sending thread inside send() until it is let go.
class Turnstile {
 public:
  void pass() {
    std::unique_lock lock{mutex_};
    inside_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void wait_inside() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return inside_; });
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool inside_ = false;
  bool open_ = false;
};

TEST_SUITE("concurrent") {
  TEST_CASE("the books balance while threads push, pump, read and abandon") {
    PAWL_PRINT_SEED();
    constexpr std::size_t kPushers = 3;
    constexpr std::size_t kPushes = 1000;
    Random answers{100};
    const auto transport =
        std::make_shared<ScriptedTransport>([&answers](ScriptedTransport::Datagrams given) {
          if (answers.chance(0.7)) return SendResult{given.size(), SendStatus::sent, 0};
          return SendResult{answers.below(given.size() + 1), answers.pick(kStatuses), 0};
        });
    Sender sender{transport, std::make_shared<Clock>(), {.max_queue_bytes = 16'384}};

    // Samples that may have been pushed, and that surely have.
    std::atomic<std::uint64_t> begun{0};
    std::atomic<std::uint64_t> done{0};
    std::atomic<bool> ending{false};
    std::vector<std::thread> threads;
    for (std::size_t pusher = 0; pusher < kPushers; ++pusher)
      threads.emplace_back([&, pusher] {
        Random random{pusher};
        for (std::size_t i = 0; i < kPushes; ++i) {
          const std::size_t count = random.below(20);
          begun += count;
          sender.push(datagrams(0, count));
          done += count;
        }
      });
    std::thread pump{[&] {
      while (!ending) sender.pump();
    }};
    std::thread abandoner{[&] {
      for (int i = 0; i < 20; ++i) sender.abandon(Drop::shutdown);
    }};
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t least = done;
      const std::uint64_t found = accounted(sender.totals()).samples;
      const std::uint64_t most = begun;
      CHECK(least <= found);
      CHECK(found <= most);
    }
    for (std::thread& thread : threads) thread.join();
    abandoner.join();
    CHECK(sender.wait_empty(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
    ending = true;
    pump.join();
    const Sender::Totals totals = sender.totals();
    CHECK(accounted(totals).samples == done);
    CHECK(totals.queued == Amount{});
    CHECK(totals.handed_to_kernel.samples == transport->payloads().size());
    CHECK(totals.dropped[Drop::send_error].samples > 0);
  }

  TEST_CASE("a batch that outlasts the abandon is counted once, as dropped") {
    Turnstile turnstile;
    const auto transport =
        std::make_shared<ScriptedTransport>([&turnstile](ScriptedTransport::Datagrams given) {
          turnstile.pass();
          return SendResult{given.size(), SendStatus::sent, 0};
        });
    Sender sender{transport, std::make_shared<Clock>(), {}};
    sender.push(datagrams(0, 40));
    std::thread pump{[&sender] { sender.pump(); }};
    turnstile.wait_inside();
    sender.abandon(Drop::shutdown);
    CHECK(sender.totals().dropped[Drop::shutdown] == amount_of(0, 40));
    CHECK(sender.totals().queued == Amount{});
    CHECK(sender.totals().queued_datagrams == 0);

    // A second abandon, and a push, find the batch still on its way.
    sender.abandon(Drop::shutdown);
    sender.push(datagrams(40, 2));
    CHECK(sender.totals().queued == amount_of(40, 2));
    turnstile.open();
    pump.join();
    sender.pump();
    CHECK(sender.totals().dropped.total() == amount_of(0, 40));
    CHECK(sender.totals().handed_to_kernel == amount_of(40, 2));
    CHECK(sender.totals().queued_bytes == 0);
  }

  TEST_CASE("a batch that ends in time for the abandon keeps its outcome") {
    Turnstile turnstile;
    const auto transport =
        std::make_shared<ScriptedTransport>([&turnstile](ScriptedTransport::Datagrams) {
          turnstile.open();
          return SendResult{3, SendStatus::would_block, 0};
        });
    Sender sender{transport, std::make_shared<Clock>(), {}};
    sender.push(datagrams(0, 10));
    std::thread pump{[&sender] { sender.pump(); }};
    turnstile.pass();
    sender.abandon(Drop::shutdown);
    pump.join();
    const Sender::Totals totals = sender.totals();
    CHECK(accounted(totals) == amount_of(0, 10));
    CHECK(totals.handed_to_kernel.samples == transport->payloads().size());
    CHECK(totals.queued == Amount{});
  }

  TEST_CASE("a second pump returns at once while another thread is in one") {
    Turnstile turnstile;
    const auto transport =
        std::make_shared<ScriptedTransport>([&turnstile](ScriptedTransport::Datagrams given) {
          turnstile.pass();
          return SendResult{given.size(), SendStatus::sent, 0};
        });
    Sender sender{transport, std::make_shared<Clock>(), {}};
    sender.push(datagrams(0, 1));
    std::thread pump{[&sender] { sender.pump(); }};
    turnstile.wait_inside();
    sender.push(datagrams(1, 1));
    sender.pump();
    CHECK(transport->sends == 1);
    turnstile.open();
    pump.join();
    CHECK(sender.totals().handed_to_kernel == amount_of(0, 2));
  }

  TEST_CASE("who waits for an empty queue is woken by the thread that empties it") {
    const auto transport = std::make_shared<ScriptedTransport>(pawl::test::takes_all);
    Sender sender{transport, std::make_shared<Clock>(), {}};
    sender.push(datagrams(0, 100));
    std::thread pump{[&sender] { sender.pump(); }};
    CHECK(sender.wait_empty(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
    pump.join();
    CHECK(sender.totals().handed_to_kernel == amount_of(0, 100));
  }
}

}  // namespace
