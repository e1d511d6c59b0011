#include "transport/sender.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "transport/datagrams.h"
#include "transport/scripted_transport.h"

namespace {

using pawl::Amount;
using pawl::Clock;
using pawl::Drop;
using pawl::ManualClock;
using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::accounted;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::payloads_of;
using pawl::test::refuses;
using pawl::test::ScriptedTransport;
using pawl::test::takes_all;
using pawl::transport::Sender;
using std::chrono::milliseconds;
using Datagrams = ScriptedTransport::Datagrams;

constexpr auto kIdle = Clock::SteadyTime::max();

struct Rig {
  explicit Rig(ScriptedTransport::Answer answer, Sender::Limits limits = {})
      : transport(std::make_shared<ScriptedTransport>(std::move(answer))),
        sender(transport, clock, limits) {}

  // How long after now the sender wants to be called.
  auto pump() { return sender.pump() - clock->steady_now(); }
  const Amount& dropped(Drop reason) { return (totals = sender.totals()).dropped[reason]; }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  std::shared_ptr<ScriptedTransport> transport;
  Sender sender;
  Sender::Totals totals;
};

TEST_CASE("what is pushed is handed over in order and counted") {
  Rig rig{takes_all};
  rig.sender.push(datagrams(0, 100));
  CHECK(rig.sender.totals().queued == amount_of(0, 100));
  CHECK(rig.sender.totals().queued_datagrams == 100);
  CHECK(rig.sender.pump() == kIdle);

  const Sender::Totals totals = rig.sender.totals();
  CHECK(rig.transport->payloads() == payloads_of(0, 100));
  CHECK(totals.handed_to_kernel == amount_of(0, 100));
  CHECK(totals.queued == Amount{});
  CHECK(totals.queued_bytes == 0);
  CHECK(totals.traffic.packets_sent == 100);
  CHECK(totals.traffic.bytes_sent == 690);
  CHECK(rig.transport->sends == 4);
}

TEST_CASE("an empty queue asks for nothing and never wants to run") {
  Rig rig{takes_all};
  CHECK(rig.sender.pump() == kIdle);
  CHECK(rig.transport->sends == 0);
}

TEST_CASE("beyond the byte limit the oldest go") {
  Rig rig{takes_all, {.max_queue_bytes = 65'536}};
  for (std::size_t id = 0; id < 200; ++id) rig.sender.push(datagrams(id, 1, 1000));
  const Sender::Totals before = rig.sender.totals();
  CHECK(before.queued_bytes <= 65'536);
  CHECK(before.queued_bytes > 49'152);
  CHECK(accounted(before) == amount_of(0, 200));

  rig.sender.pump();
  const std::size_t kept = rig.transport->payloads().size();
  CHECK(rig.transport->payloads() == payloads_of(200 - kept, kept, 1000));
  CHECK(rig.dropped(Drop::queue_full) == amount_of(0, 200 - kept));
  CHECK(rig.totals.traffic.packets_dropped_queue == 200 - kept);
  CHECK(rig.totals.traffic.bytes_dropped_queue == (200 - kept) * 1000);
}

TEST_CASE("a datagram larger than the whole queue is still sent when it is alone") {
  Rig rig{takes_all, {.max_queue_bytes = 1000}};
  rig.sender.push(datagrams(0, 1, 5000));
  rig.sender.pump();
  CHECK(rig.transport->payloads() == payloads_of(0, 1, 5000));
}

TEST_CASE("what there is no memory for is counted as if the queue were full") {
  PAWL_SKIP_UNDER_SANITIZER();
  Rig rig{takes_all};
  std::size_t pushed = 0;
  bool failed = true;
  for (std::uint64_t nth = 1; failed; ++nth) {
    auto five = datagrams(pushed, 5);
    pushed += 5;
    const pawl::test::FailingAlloc failing{nth};
    rig.sender.push(std::move(five));
    failed = failing.happened();
  }
  rig.sender.pump();
  CHECK(pushed == 30);
  CHECK(accounted(rig.sender.totals()) == amount_of(0, pushed));
  CHECK(rig.dropped(Drop::queue_full).samples == 5 + 4 + 3 + 2 + 1);
}

TEST_CASE("an Agent that is not there is tried after 50 ms, then ever less, to every 500 ms") {
  Rig rig{refuses(SendStatus::unreachable)};
  rig.sender.push(datagrams(0, 3));
  for (const int delay : {50, 100, 200, 400, 500, 500}) {
    CHECK(rig.pump() == milliseconds{delay});
    const int sends = rig.transport->sends;
    rig.clock->advance(milliseconds{delay - 1});
    CHECK(rig.pump() == milliseconds{1});
    CHECK(rig.transport->sends == sends);
    rig.clock->advance(milliseconds{1});
  }
  CHECK(rig.transport->reconnects == 6);
  CHECK(rig.sender.totals().queued == amount_of(0, 3));
}

TEST_CASE("sending resumes, with the failing datagram first, when the Agent is back") {
  Rig rig{[](Datagrams) { return SendResult{1, SendStatus::unreachable, 0}; }};
  rig.sender.push(datagrams(0, 10));
  CHECK(rig.pump() == milliseconds{50});
  CHECK(rig.transport->payloads() == payloads_of(0, 1));
  rig.transport->answer(takes_all);
  rig.clock->advance(milliseconds{50});
  CHECK(rig.sender.pump() == kIdle);
  CHECK(rig.transport->payloads() == payloads_of(0, 10));
}

TEST_CASE("the back-off starts again after a success") {
  Rig rig{refuses(SendStatus::unreachable)};
  rig.sender.push(datagrams(0, 1));
  for (const int delay : {50, 100, 200}) {
    CHECK(rig.pump() == milliseconds{delay});
    rig.clock->advance(milliseconds{delay});
  }
  rig.transport->answer(takes_all);
  rig.sender.pump();
  rig.transport->answer(refuses(SendStatus::unreachable));
  rig.sender.push(datagrams(1, 1));
  CHECK(rig.pump() == milliseconds{50});
}

TEST_CASE("a datagram older than the time to live expires") {
  Rig rig{refuses(SendStatus::unreachable), {.queue_ttl = milliseconds{1000}}};
  rig.sender.push(datagrams(0, 2));
  rig.sender.pump();
  rig.clock->advance(milliseconds{600});
  rig.sender.push(datagrams(2, 3));
  rig.clock->advance(milliseconds{401});
  rig.sender.pump();
  CHECK(rig.dropped(Drop::expired) == amount_of(0, 2));
  CHECK(rig.totals.queued == amount_of(2, 3));
  CHECK(rig.totals.traffic.packets_dropped_queue == 2);
}

TEST_CASE("a full receiver is waited for and its connection kept") {
  Rig rig{[](Datagrams) { return SendResult{2, SendStatus::would_block, EAGAIN}; }};
  rig.sender.push(datagrams(0, 6));
  for (int i = 0; i < 3; ++i) rig.sender.pump();
  CHECK(rig.transport->payloads() == payloads_of(0, 6));
  CHECK(rig.transport->waits == 2);
  CHECK(rig.transport->reconnects == 0);
}

TEST_CASE("a receiver that stays full although it says there is room is asked ever less often") {
  Rig rig{refuses(SendStatus::would_block)};
  rig.sender.push(datagrams(0, 1));
  for (const int delay : {0, 1, 2, 4, 8, 16, 32, 50, 50}) {
    CHECK(rig.pump() == milliseconds{delay});
    rig.clock->advance(milliseconds{delay});
  }
  CHECK(rig.sender.totals().queued == amount_of(0, 1));
}

TEST_CASE("only what is refused for good is dropped, and the rest goes on") {
  Rig rig{[](Datagrams given) {
    for (std::size_t i = 0; i < given.size(); ++i)
      if (given[i] == "5:1|c\n") return SendResult{i, SendStatus::failed, EIO};
    return takes_all(given);
  }};
  rig.sender.push(datagrams(0, 10));
  CHECK(rig.sender.pump() == kIdle);
  CHECK(rig.dropped(Drop::send_error) == amount_of(5, 1));
  CHECK(rig.totals.handed_to_kernel == amount_of(0, 5) + amount_of(6, 4));
  CHECK(rig.totals.traffic.packets_dropped_writer == 1);
  CHECK(rig.totals.traffic.bytes_dropped_writer == 6);
}

TEST_CASE("datagrams over a fallen limit are tried alone and then dropped") {
  std::vector<std::size_t> batches;
  Rig rig{[&batches](Datagrams given) {
    batches.push_back(given.size());
    for (std::size_t i = 0; i < given.size(); ++i)
      if (given[i].size() > 600) return SendResult{i, SendStatus::too_large, EMSGSIZE};
    return takes_all(given);
  }};
  rig.sender.push(datagrams(0, 3));
  rig.sender.push(datagrams(3, 1, 1000));
  rig.sender.push(datagrams(4, 3, 600));
  CHECK(rig.sender.pump() == kIdle);
  CHECK(rig.dropped(Drop::too_large) == amount_of(3, 1));
  CHECK(rig.totals.handed_to_kernel == amount_of(0, 3) + amount_of(4, 3));
  CHECK(batches == std::vector<std::size_t>{7, 1, 3});
}

TEST_CASE("a datagram that fits once the limit has fallen for another is not lost") {
  int answers = 0;
  Rig rig{[&answers](Datagrams given) {
    return answers++ == 0 ? SendResult{0, SendStatus::too_large, EMSGSIZE} : takes_all(given);
  }};
  rig.sender.push(datagrams(0, 5));
  CHECK(rig.sender.pump() == kIdle);
  CHECK(rig.transport->payloads() == payloads_of(0, 5));
}

TEST_CASE("a transport that says nonsense harms no book") {
  int answers = 0;
  Rig rig{[&answers](Datagrams given) {
    // More than there were, then fewer without a reason, then none without a reason.
    ++answers;
    if (answers == 1) return SendResult{given.size() + 7, SendStatus::failed, 0};
    return SendResult{answers == 2 ? std::size_t{1} : 0, SendStatus::sent, 0};
  }};
  rig.sender.push(datagrams(0, 2));
  rig.sender.pump();
  rig.sender.push(datagrams(2, 2));
  rig.sender.pump();
  rig.sender.pump();
  CHECK(accounted(rig.sender.totals()) == amount_of(0, 4));
  CHECK(rig.sender.totals().handed_to_kernel == amount_of(0, 3));
}

TEST_CASE("UDP is paced to 16 datagrams a millisecond, everything else is not") {
  const auto clock = std::make_shared<Clock>();
  const auto udp = std::make_shared<ScriptedTransport>(takes_all, "udp");
  Sender paced{udp, clock, {}};
  paced.push(datagrams(0, 40));
  const auto before = clock->steady_now();
  const auto next = paced.pump();
  // A thread that the machine holds up for a millisecond may find the next burst due.
  const bool held_back = udp->payloads().size() == 16 && next > before && next != kIdle;
  const bool held_up = clock->steady_now() - before >= milliseconds{1};
  CHECK((held_back || held_up));
  CHECK(paced.drain(std::chrono::steady_clock::now() + std::chrono::seconds{10}));
  CHECK(udp->payloads() == payloads_of(0, 40));

  Rig unpaced{takes_all};
  unpaced.sender.push(datagrams(0, 1000));
  CHECK(unpaced.sender.pump() == kIdle);
}

TEST_CASE("what is done with leaves its memory, for as many datagrams as a push had room for") {
  Rig rig{takes_all};
  CHECK(rig.sender.take_spares().empty());
  auto first = datagrams(0, 20, 1000);
  const char* memory = first.front().payload.data();
  rig.sender.push(std::move(first));
  CHECK(rig.sender.take_spares().empty());
  auto second = datagrams(20, 3, 1000);
  const std::size_t room = second.capacity();
  REQUIRE(room < 20);
  rig.sender.push(std::move(second));
  rig.sender.pump();
  const auto spares = rig.sender.take_spares();
  REQUIRE(spares.size() == room);
  CHECK(spares.front().payload.data() == memory);
  CHECK(rig.sender.take_spares().empty());
}

TEST_CASE("a pump ends now and then although there is more to send") {
  Rig rig{takes_all};
  rig.sender.push(datagrams(0, 3200));
  CHECK(rig.pump() == milliseconds{0});
  CHECK(rig.sender.totals().queued_datagrams == 3200 - 64 * 32);
}

}  // namespace
