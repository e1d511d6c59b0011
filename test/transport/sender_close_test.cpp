#include <chrono>
#include <memory>

#include <doctest/doctest.h>

#include "transport/datagrams.h"
#include "transport/scripted_transport.h"
#include "transport/sender.h"

namespace {

using pawl::Amount;
using pawl::Drop;
using pawl::ManualClock;
using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::payloads_of;
using pawl::test::refuses;
using pawl::test::ScriptedTransport;
using pawl::test::takes_all;
using pawl::transport::Sender;
using Datagrams = ScriptedTransport::Datagrams;
using RealTime = Sender::RealTime;

RealTime real_now() { return std::chrono::steady_clock::now(); }
RealTime soon() { return real_now() + std::chrono::seconds{10}; }

// The client's clock stands still: draining must not need it.
struct Rig {
  explicit Rig(ScriptedTransport::Answer answer)
      : transport(std::make_shared<ScriptedTransport>(std::move(answer))),
        sender(transport, std::make_shared<ManualClock>(), {}) {}

  std::shared_ptr<ScriptedTransport> transport;
  Sender sender;
};

TEST_CASE("draining sends everything, however often the receiver is full") {
  int answers = 0;
  Rig rig{[&answers](Datagrams given) {
    return ++answers % 3 == 0 ? takes_all(given) : SendResult{0, SendStatus::would_block, 0};
  }};
  rig.sender.push(datagrams(0, 100));
  CHECK(rig.sender.drain(soon()));
  CHECK(rig.transport->payloads() == payloads_of(0, 100));
}

TEST_CASE("draining keeps trying an Agent that comes back") {
  int answers = 0;
  Rig rig{[&answers](Datagrams given) {
    return ++answers > 2 ? takes_all(given) : SendResult{0, SendStatus::unreachable, 0};
  }};
  rig.sender.push(datagrams(0, 5));
  CHECK(rig.sender.drain(soon()));
  CHECK(rig.sender.totals().handed_to_kernel == amount_of(0, 5));
}

TEST_CASE("draining ends at its deadline and keeps the rest") {
  Rig rig{refuses(SendStatus::would_block)};
  rig.sender.push(datagrams(0, 5));
  const RealTime deadline = real_now() + std::chrono::milliseconds{20};
  CHECK(!rig.sender.drain(deadline));
  CHECK(real_now() >= deadline);
  CHECK(rig.sender.totals().queued == amount_of(0, 5));
}

TEST_CASE("draining with a deadline that has passed still tries once") {
  Rig rig{takes_all};
  rig.sender.push(datagrams(0, 5));
  CHECK(rig.sender.drain(real_now()));
}

TEST_CASE("closing does not wait for an Agent that is not there") {
  Rig rig{refuses(SendStatus::unreachable)};
  rig.sender.push(datagrams(0, 100));
  rig.sender.pump();
  rig.sender.finish();
  const RealTime deadline = soon();
  CHECK(rig.sender.drain(deadline));
  CHECK(real_now() < deadline);
  CHECK(rig.sender.totals().dropped[Drop::unreachable] == amount_of(0, 100));
  CHECK(rig.transport->sends == 3);  // one before, one, and one retry
}

// As when the thread that pumps is between the outcome of a send and its end.
TEST_CASE("a close that comes while an outcome is settled is not put off by it") {
  for (const SendStatus status : {SendStatus::unreachable, SendStatus::would_block}) {
    const auto clock = std::make_shared<ManualClock>();
    const auto transport = std::make_shared<ScriptedTransport>(refuses(status));
    Sender sender{transport, clock, {}};
    sender.push(datagrams(0, 5));
    for (int i = 0; i < 10; ++i) clock->advance(sender.pump() - clock->steady_now());
    transport->on_pause = [&sender] { sender.finish(); };
    CHECK(sender.pump() == clock->steady_now());
    transport->on_pause = {};
    transport->answer(takes_all);
    sender.pump();
    CHECK(sender.totals().handed_to_kernel == amount_of(0, 5));
  }
}

TEST_CASE("closing retries an Agent that has just come back and loses nothing") {
  int answers = 0;
  Rig rig{[&answers](Datagrams given) {
    return ++answers > 1 ? takes_all(given) : SendResult{0, SendStatus::unreachable, 0};
  }};
  rig.sender.push(datagrams(0, 100));
  rig.sender.finish();
  CHECK(rig.sender.drain(soon()));
  CHECK(rig.sender.totals().handed_to_kernel == amount_of(0, 100));
  CHECK(rig.transport->reconnects == 1);
}

TEST_CASE("what is abandoned is dropped for the reason that is given") {
  Rig rig{refuses(SendStatus::would_block)};
  rig.sender.push(datagrams(0, 5, 100));
  rig.sender.pump();
  rig.sender.abandon(Drop::shutdown);
  const Sender::Totals totals = rig.sender.totals();
  CHECK(totals.dropped[Drop::shutdown] == amount_of(0, 5));
  CHECK(totals.queued == Amount{});
  CHECK(totals.queued_bytes == 0);
  CHECK(totals.traffic.packets_dropped_queue == 5);
  CHECK(totals.traffic.bytes_dropped_queue == 500);
}

TEST_CASE("after a last abandon what is still pushed is dropped at once") {
  Rig rig{takes_all};
  rig.sender.finish();
  rig.sender.abandon(Drop::shutdown);
  rig.sender.push(datagrams(0, 5));
  CHECK(rig.sender.totals().dropped[Drop::shutdown] == amount_of(0, 5));
  CHECK(rig.sender.totals().queued == Amount{});
  rig.sender.pump();
  CHECK(rig.transport->sends == 0);
}

TEST_CASE("an abandon before the close is not the last word") {
  Rig rig{takes_all};
  rig.sender.push(datagrams(0, 5));
  rig.sender.abandon(Drop::shutdown);
  rig.sender.push(datagrams(5, 5));
  rig.sender.pump();
  CHECK(rig.sender.totals().handed_to_kernel == amount_of(5, 5));
}

TEST_CASE("waiting for an empty queue ends at once when it is empty, and else at the deadline") {
  Rig rig{takes_all};
  CHECK(rig.sender.wait_empty(real_now()));
  rig.sender.push(datagrams(0, 1));
  CHECK(!rig.sender.wait_empty(real_now() + std::chrono::milliseconds{1}));
  rig.sender.pump();
  CHECK(rig.sender.wait_empty(real_now()));
}

}  // namespace
