// The equation of the books, over random pushes, answers, clock steps and abandons:
// pushed = handed over + dropped + queued, in samples, counted values, datagrams and bytes.

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "support/seed.h"
#include "transport/datagrams.h"
#include "transport/scripted_transport.h"
#include "transport/sender.h"

namespace {

using pawl::Amount;
using pawl::Drop;
using pawl::ManualClock;
using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::accounted;
using pawl::test::Random;
using pawl::test::ScriptedTransport;
using pawl::transport::Sender;
using std::chrono::milliseconds;

constexpr std::array kStatuses = {SendStatus::sent,
                                  SendStatus::would_block,
                                  SendStatus::unreachable,
                                  SendStatus::too_large,
                                  SendStatus::failed};

struct Pushed {
  Amount amount;
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
};

class Scenario {
 public:
  explicit Scenario(std::uint64_t stream) : random_(stream) {
    limits_.max_queue_bytes = 16'384 + random_.below(100'000);
    limits_.queue_ttl = milliseconds{random_.between(100, 3000)};
    transport_ = std::make_shared<ScriptedTransport>(
        [this](ScriptedTransport::Datagrams given) { return answer(given.size()); });
    sender_ = std::make_unique<Sender>(transport_, clock_, limits_);
  }

  void run() {
    for (int step = 0; step < 300; ++step) {
      act();
      check();
    }
    gone_ = random_.chance(0.5);
    sender_->finish();
    sender_->pump();
    sender_->abandon(Drop::shutdown);
    check();
    CHECK(sender_->totals().queued == Amount{});
    check_order();
  }

  const Sender::Totals totals() const { return sender_->totals(); }

 private:
  SendResult answer(std::size_t count) {
    if (gone_) return {0, SendStatus::unreachable, 0};
    if (random_.chance(0.5)) return {count, SendStatus::sent, 0};
    return {random_.below(count + 1), random_.pick(kStatuses), 0};
  }

  void act() {
    const std::size_t kind = random_.below(100);
    if (kind < 50)
      push();
    else if (kind < 85)
      sender_->pump();
    else if (kind < 98)
      clock_->advance(milliseconds{random_.between(0, 600)});
    else
      sender_->abandon(Drop::shutdown);
  }

  void push() {
    std::vector<pawl::encode::Datagram> some;
    for (std::size_t i = random_.below(60); i > 0; --i) {
      pawl::encode::Datagram made = pawl::test::datagram(pushed_.datagrams, random_.below(1500));
      made.amount = {random_.below(100), random_.between(INT64_MIN, INT64_MAX)};
      pushed_.amount += made.amount;
      pushed_.bytes += made.payload.size();
      ++pushed_.datagrams;
      some.push_back(std::move(made));
    }
    sender_->push(std::move(some));
  }

  void check() {
    const Sender::Totals now = sender_->totals();
    const pawl::Traffic& traffic = now.traffic;
    CHECK(accounted(now) == pushed_.amount);
    CHECK(traffic.packets_sent + traffic.packets_dropped_queue + traffic.packets_dropped_writer +
              now.queued_datagrams ==
          pushed_.datagrams);
    CHECK(traffic.bytes_sent + traffic.bytes_dropped_queue + traffic.bytes_dropped_writer +
              now.queued_bytes ==
          pushed_.bytes);
    CHECK(traffic.packets_sent == transport_->payloads().size());
    CHECK(now.queued_bytes <= limits_.max_queue_bytes);
  }

  // Each datagram at most once, never before an older one.
  void check_order() {
    long last = -1;
    for (const std::string& payload : transport_->payloads()) {
      const long id = std::stol(payload);
      REQUIRE(id > last);
      last = id;
    }
  }

  Random random_;
  Sender::Limits limits_;
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  std::shared_ptr<ScriptedTransport> transport_;
  std::unique_ptr<Sender> sender_;
  Pushed pushed_;
  bool gone_ = false;
};

TEST_CASE("nothing pushed is ever lost from the books") {
  PAWL_PRINT_SEED();
  pawl::Losses reached;
  for (std::uint64_t stream = 0; stream < 60; ++stream) {
    INFO("stream ", stream);
    Scenario scenario{stream};
    scenario.run();
    for (std::size_t i = 0; i < pawl::kDrops; ++i)
      reached.by_reason[i] += scenario.totals().dropped.by_reason[i];
  }
  // The interesting cases did happen.
  for (const Amount& amount : reached.by_reason) CHECK(amount.samples > 0);
}

}  // namespace
