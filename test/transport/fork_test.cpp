#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/fake_agent.h"
#include "transport/datagrams.h"
#include "transport/descriptors.h"
#include "transport/open.h"
#include "transport/scripted_transport.h"
#include "transport/sender.h"

namespace {

using pawl::Amount;
using pawl::Clock;
using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::FakeAgent;
using pawl::test::open_descriptors;
using pawl::test::opened_since;
using pawl::test::ScriptedTransport;
using pawl::test::send_one;
using pawl::transport::make_transport;
using pawl::transport::parse_address;
using pawl::transport::Sender;
using Kind = FakeAgent::Kind;

// Runs `body` in a forked child, with what stands around fork, and tells whether it gave true.
template <class Forked>
bool true_in_child(Forked& forked, const std::function<bool()>& body) {
  forked.before_fork();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);  // a child that hangs fails
    forked.after_fork_in_child();
    ::_exit(body() ? 0 : 1);
  }
  forked.after_fork_in_parent();
  REQUIRE(child > 0);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Tells whether `number` can be taken by another file without a byte being written to it by `send`.
bool gets_no_byte(int number, const std::function<bool()>& send) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
  const int read_end = ::fcntl(ends[0], F_DUPFD_CLOEXEC, number + 1);  // not the number itself
  if (::dup2(ends[1], number) != number && ends[1] != number) return false;
  char byte = 0;
  return send() && ::read(read_end, &byte, 1) < 0 && errno == EAGAIN;
}

TEST_CASE("a forked child sends over a socket of its own, and the parent keeps its own") {
  for (const Kind kind : {Kind::udp_v4, Kind::unix_datagram, Kind::unix_stream}) {
    const FakeAgent agent{kind};
    const auto before = open_descriptors();
    const auto transport = make_transport(*parse_address(agent.url()));
    REQUIRE(send_one(*transport, "parent\n").sent == 1);
    REQUIRE(agent.wait_for(1));
    const int ours = opened_since(before).front();

    CHECK(true_in_child(*transport, [&] {
      const bool closed = ::fcntl(ours, F_GETFD) < 0;
      return closed &&
             gets_no_byte(ours, [&] { return send_one(*transport, "child\n").sent == 1; });
    }));
    CHECK(agent.wait_for(2));
    CHECK(send_one(*transport, "parent again\n").sent == 1);
    REQUIRE(agent.wait_for(3));
    CHECK(opened_since(before).front() == ours);
  }
}

TEST_CASE("a transport that was never used can be forked") {
  const FakeAgent agent{Kind::unix_datagram};
  const auto transport = make_transport(*parse_address(agent.url()));
  CHECK(true_in_child(*transport, [&] { return send_one(*transport, "child\n").sent == 1; }));
  CHECK(send_one(*transport, "parent\n").sent == 1);
  CHECK(agent.wait_for(2));
}

TEST_CASE("a forked child starts with empty books and sends nothing of its parent's") {
  const auto transport = std::make_shared<ScriptedTransport>([](ScriptedTransport::Datagrams) {
    return SendResult{1, SendStatus::would_block, 0};
  });
  Sender sender{transport, std::make_shared<Clock>(), {}};
  sender.push(datagrams(0, 10));
  sender.pump();
  sender.finish();

  CHECK(true_in_child(sender, [&] {
    const Sender::Totals start = sender.totals();
    transport->answer(pawl::test::takes_all);
    sender.push(datagrams(100, 5));
    sender.pump();
    const Sender::Totals end = sender.totals();
    return start.handed_to_kernel == Amount{} && start.queued == Amount{} &&
           start.queued_datagrams == 0 && start.traffic.packets_sent == 0 &&
           end.handed_to_kernel == amount_of(100, 5) && transport->payloads().size() == 6;
  }));
  CHECK(sender.totals().handed_to_kernel == amount_of(0, 1));
  CHECK(sender.totals().queued == amount_of(1, 9));
}

TEST_CASE("a child forked while its parent sends, waits and pushes can do all three and end") {
  std::mutex mutex;
  std::condition_variable changed;
  bool inside = false;
  bool open = false;
  const auto transport =
      std::make_shared<ScriptedTransport>([&](ScriptedTransport::Datagrams given) {
        std::unique_lock lock{mutex};
        inside = true;
        changed.notify_all();
        changed.wait(lock, [&] { return open; });
        return SendResult{given.size(), SendStatus::sent, 0};
      });
  auto sender = std::make_unique<Sender>(transport, std::make_shared<Clock>(), Sender::Limits{});
  sender->push(datagrams(0, 40));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  std::thread pump{[&] { sender->drain(deadline); }};
  std::thread waiter{[&] { sender->wait_empty(deadline); }};
  {
    std::unique_lock lock{mutex};
    changed.wait(lock, [&] { return inside; });
  }
  CHECK(true_in_child(*sender, [&] {
    transport->answer(pawl::test::takes_all);
    if (!sender->wait_empty(deadline)) return false;
    sender->push(datagrams(100, 5));
    sender->pump();
    const bool sent = sender->wait_empty(deadline);
    const bool counted = sender->totals().handed_to_kernel == amount_of(100, 5);
    sender.reset();  // waits for nobody who waited in the parent
    return sent && counted;
  }));
  {
    const std::lock_guard lock{mutex};
    open = true;
    changed.notify_all();
  }
  pump.join();
  waiter.join();
  CHECK(sender->totals().handed_to_kernel == amount_of(0, 40));
}

TEST_CASE("parent and child of 200 forks send each datagram once over a real socket") {
  const FakeAgent agent{Kind::unix_stream};
  const auto transport = make_transport(*parse_address(agent.url()));
  Sender sender{transport, std::make_shared<Clock>(), {}};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  const auto drained = [&] { return sender.drain(deadline); };
  for (std::size_t i = 0; i < 200; ++i) {
    sender.push(datagrams(2 * i, 1));  // pending over the fork: the parent's alone
    CHECK(true_in_child(sender, [&] {
      sender.push(datagrams(2 * i + 1, 1));
      return drained();
    }));
    CHECK(drained());
  }
  REQUIRE(agent.wait_for(400));
  std::vector<std::string> received = agent.payloads();
  std::vector<std::string> expected = pawl::test::payloads_of(0, 400);
  std::sort(received.begin(), received.end());
  std::sort(expected.begin(), expected.end());
  CHECK(received == expected);
}

}  // namespace
