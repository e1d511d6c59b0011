#include "transport/udp.h"

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/fake_agent.h"
#include "transport/datagrams.h"
#include "transport/open.h"
#include "transport/sender.h"

namespace {

using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::datagrams;
using pawl::test::FakeAgent;
using pawl::test::payloads_of;
using pawl::test::send_one;
using pawl::transport::Sender;
using pawl::transport::SystemCalls;
using pawl::transport::Udp;
using pawl::transport::UdpSeams;
using Kind = FakeAgent::Kind;
using Strings = std::vector<std::string>;

std::vector<Kind> kinds() {
  if (pawl::test::has_ipv6()) return {Kind::udp_v4, Kind::udp_v6};
  MESSAGE("skipped: no IPv6 on this machine");
  return {Kind::udp_v4};
}

UdpSeams failing_with(int error, int& calls) {
  UdpSeams seams;
  seams.calls.sendmmsg = [error, &calls](int, mmsghdr*, unsigned, int) {
    ++calls;
    errno = error;
    return -1;
  };
  return seams;
}

TEST_CASE("UDP carries datagrams to numeric addresses of both families") {
  for (const Kind kind : kinds()) {
    const FakeAgent agent{kind};
    const auto udp = make_transport(*pawl::transport::parse_address(agent.url()));
    const std::array<std::string_view, 3> three{"a:1|c\n", "b:2|c\n", "c:3|c\n"};
    const SendResult result = udp->send(three);
    CHECK(result.sent == 3);
    CHECK(result.status == SendStatus::sent);
    REQUIRE(agent.wait_for(3));
    CHECK(agent.payloads() == Strings{"a:1|c\n", "b:2|c\n", "c:3|c\n"});
  }
}

TEST_CASE("UDP sends more datagrams than fit into one system call") {
  const FakeAgent agent{Kind::udp_v4};
  Udp udp{"127.0.0.1", agent.port(), 1432};
  const Strings payloads = payloads_of(0, 100);
  const std::vector<std::string_view> views(payloads.begin(), payloads.end());
  CHECK(udp.send(views).sent == 100);
  REQUIRE(agent.wait_for(100));
  CHECK(agent.payloads() == payloads);
}

TEST_CASE("localhost reaches an Agent on either loopback, from the first datagram on") {
  for (const Kind kind : kinds()) {
    const FakeAgent agent{kind};
    Udp udp{"localhost", agent.port(), 1432};
    for (const std::string_view payload : {"a:1|c\n", "b:1|c\n", "c:1|c\n"})
      CHECK(send_one(udp, payload).sent == 1);
    REQUIRE(agent.wait_for(3));
    CHECK(agent.payloads() == Strings{"a:1|c\n", "b:1|c\n", "c:1|c\n"});
  }
}

TEST_CASE("an Agent that is not there on the loopback is unreachable and gets all when it comes") {
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    FakeAgent agent{Kind::udp_v4};
    agent.stop();
    Udp udp{host, agent.port(), 1432};
    for (int i = 0; i < 3; ++i) {
      const SendResult result = send_one(udp, "a:1|c\n");
      CHECK(result.sent == 0);
      CHECK(result.status == SendStatus::unreachable);
      // Of localhost the last answer counts: without IPv6 there is no ::1 to refuse.
      if (host != "localhost") CHECK(result.error == ECONNREFUSED);
    }
    agent.start();
    CHECK(send_one(udp, "a:1|c\n").sent == 1);
    REQUIRE(agent.wait_for(1));
    CHECK(agent.payloads() == Strings{"a:1|c\n"});
  }
}

TEST_CASE("an Agent that restarts on the loopback gets every datagram but the one it refused") {
  FakeAgent agent{Kind::udp_v4};
  Udp udp{"127.0.0.1", agent.port(), 1432};
  REQUIRE(send_one(udp, "before\n").sent == 1);
  agent.stop_drained();
  send_one(udp, "lost\n");
  CHECK(send_one(udp, "kept\n").status == SendStatus::unreachable);
  agent.start();
  CHECK(send_one(udp, "kept\n").sent == 1);
  REQUIRE(agent.wait_for(2));
  CHECK(agent.payloads() == Strings{"before\n", "kept\n"});
}

TEST_CASE("a refusal blames the datagram before, so the present one is tried once more") {
  const FakeAgent agent{Kind::udp_v4};
  UdpSeams seams;
  int calls = 0;
  seams.calls.sendmmsg = [&calls](int fd, mmsghdr* messages, unsigned count, int flags) {
    if (++calls > 1) return ::sendmmsg(fd, messages, count, flags);
    errno = ECONNREFUSED;
    return -1;
  };
  Udp udp{"127.0.0.1", agent.port(), 1432, seams};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  CHECK(agent.wait_for(1));
}

TEST_CASE("every answer of a route is unreachable, after one more try") {
  for (const int error : {EHOSTUNREACH, ENETUNREACH, EACCES, EINVAL, EPERM, ENETDOWN}) {
    int calls = 0;
    Udp udp{"127.0.0.1", 8125, 1432, failing_with(error, calls)};
    const SendResult result = send_one(udp, "a:1|c\n");
    CHECK(result.status == SendStatus::unreachable);
    CHECK(result.error == error);
    CHECK(calls == 2);
  }
}

TEST_CASE("a full device queue is not an Agent that is gone") {
  int calls = 0;
  Udp udp{"127.0.0.1", 8125, 1432, failing_with(ENOBUFS, calls)};
  CHECK(send_one(udp, "a:1|c\n").status == SendStatus::would_block);
  CHECK(calls == 1);
}

TEST_CASE("an interrupted call is repeated") {
  const FakeAgent agent{Kind::udp_v4};
  UdpSeams seams;
  int calls = 0;
  seams.calls.sendmmsg = [&calls](int fd, mmsghdr* messages, unsigned count, int flags) {
    if (++calls % 5 == 0) return ::sendmmsg(fd, messages, count, flags);
    errno = EINTR;
    return -1;
  };
  Udp udp{"127.0.0.1", agent.port(), 1432, seams};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  CHECK(agent.wait_for(1));
}

TEST_CASE("a datagram that no path carries lowers the limit, and smaller ones still go") {
  const FakeAgent agent{Kind::udp_v4};
  Udp udp{"127.0.0.1", agent.port(), 65'535};
  const SendResult result = send_one(udp, std::string(65'508, 'x'));
  CHECK(result.status == SendStatus::too_large);
  CHECK(result.error == EMSGSIZE);
  CHECK(udp.max_datagram_bytes() <= 65'507);
  CHECK(send_one(udp, std::string(8192, 'x')).sent == 1);
  CHECK(agent.wait_for(1));
}

TEST_CASE("a datagram that is blamed for the one before is tried once more and not lost") {
  const FakeAgent agent{Kind::udp_v4};
  UdpSeams seams;
  int calls = 0;
  seams.calls.sendmmsg = [&calls](int fd, mmsghdr* messages, unsigned count, int flags) {
    if (++calls != 2) return ::sendmmsg(fd, messages, count, flags);
    errno = EMSGSIZE;
    return -1;
  };
  Udp udp{"127.0.0.1", agent.port(), 1432, seams};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  CHECK(send_one(udp, "b:1|c\n").sent == 1);
  CHECK(udp.max_datagram_bytes() == 1432);
  REQUIRE(agent.wait_for(2));
  CHECK(agent.payloads() == Strings{"a:1|c\n", "b:1|c\n"});
}

TEST_CASE("every datagram that is blamed has a try of its own") {
  const FakeAgent agent{Kind::udp_v4};
  UdpSeams seams;
  int calls = 0;
  seams.calls.sendmmsg = [&calls](int fd, mmsghdr* messages, unsigned, int flags) {
    if (++calls % 2 == 0) return ::sendmmsg(fd, messages, 1, flags);
    errno = EMSGSIZE;
    return -1;
  };
  Udp udp{"127.0.0.1", agent.port(), 1432, seams};
  const std::array<std::string_view, 3> three{"a:1|c\n", "b:2|c\n", "c:3|c\n"};
  CHECK(udp.send(three).sent == 3);
  CHECK(agent.wait_for(3));
}

TEST_CASE("a datagram that is refused twice is too large") {
  int calls = 0;
  Udp udp{"127.0.0.1", 8125, 8192, failing_with(EMSGSIZE, calls)};
  const SendResult result = send_one(udp, std::string(8000, 'x'));
  CHECK(result.status == SendStatus::too_large);
  CHECK(calls == 2);
  CHECK(udp.max_datagram_bytes() == 4000);
}

TEST_CASE("a new connection takes as much as was asked for, whatever the one before took") {
  const FakeAgent agent{Kind::udp_v4};
  UdpSeams seams;
  bool refuse = true;
  seams.calls.sendmmsg = [&refuse](int fd, mmsghdr* messages, unsigned count, int flags) {
    if (!refuse) return ::sendmmsg(fd, messages, count, flags);
    errno = EMSGSIZE;
    return -1;
  };
  Udp udp{"127.0.0.1", agent.port(), 8192, seams};
  send_one(udp, std::string(8000, 'x'));
  refuse = false;
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  CHECK(udp.max_datagram_bytes() == 4000);
  udp.reconnect();
  CHECK(send_one(udp, "b:1|c\n").sent == 1);
  CHECK(udp.max_datagram_bytes() == 8192);
}

TEST_CASE("a sender drops only the datagram that no path carries") {
  const FakeAgent agent{Kind::udp_v4};
  Sender sender{std::make_shared<Udp>("127.0.0.1", agent.port(), 65'535),
                std::make_shared<pawl::Clock>(),
                {}};
  sender.push(datagrams(0, 3));
  sender.push(datagrams(3, 1, 65'508));
  sender.push(datagrams(4, 3));
  CHECK(sender.drain(std::chrono::steady_clock::now() + std::chrono::seconds{10}));
  CHECK(sender.totals().dropped[pawl::Drop::too_large] == pawl::test::amount_of(3, 1));
  REQUIRE(agent.wait_for(6));
  CHECK(agent.payloads().back() == "6:1|c\n");
}

}  // namespace
