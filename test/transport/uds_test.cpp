#include "transport/uds.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/fake_agent.h"
#include "support/temp_dir.h"
#include "transport/datagrams.h"
#include "transport/descriptors.h"
#include "transport/sender.h"

namespace {

using pawl::ManualClock;
using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::accounted;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::FakeAgent;
using pawl::test::open_descriptors;
using pawl::test::opened_since;
using pawl::test::payloads_of;
using pawl::test::send_one;
using pawl::transport::Address;
using pawl::transport::Sender;
using pawl::transport::Uds;
using Kind = FakeAgent::Kind;
using Strings = std::vector<std::string>;

struct Row {
  Address::Kind ours;
  Kind agent;
  std::string_view name;
};

constexpr std::array kRows{Row{Address::Kind::unix_datagram, Kind::unix_datagram, "uds"},
                           Row{Address::Kind::unix_stream, Kind::unix_stream, "uds-stream"},
                           Row{Address::Kind::unix_any, Kind::unix_datagram, "uds"},
                           Row{Address::Kind::unix_any, Kind::unix_stream, "uds-stream"}};

TEST_CASE("a Unix socket carries datagrams of either kind, and unix:// finds out which") {
  for (const Row& row : kRows) {
    const FakeAgent agent{row.agent};
    Uds uds{row.ours, agent.path(), 8192};
    const Strings payloads = payloads_of(0, 8, 8000);
    const std::vector<std::string_view> views(payloads.begin(), payloads.end());
    std::size_t sent = 0;
    while (sent < views.size()) {
      const SendResult result = uds.send(std::span{views}.subspan(sent));
      sent += result.sent;
      REQUIRE((result.status == SendStatus::sent || result.status == SendStatus::would_block));
      uds.wait_writable(std::chrono::milliseconds{10'000});
    }
    REQUIRE(agent.wait_for(8));
    CHECK(agent.payloads() == payloads);
    CHECK(uds.name() == row.name);
  }
}

TEST_CASE(
    "a Unix socket of the other kind at the path is unreachable when one kind was asked for") {
  const FakeAgent stream{Kind::unix_stream};
  Uds datagram{Address::Kind::unix_datagram, stream.path(), 8192};
  CHECK(send_one(datagram, "a").status == SendStatus::unreachable);
  CHECK(send_one(datagram, "a").error == EPROTOTYPE);
}

TEST_CASE("an Agent that appears late gets what is sent from then on") {
  for (const Row& row : kRows) {
    FakeAgent agent{row.agent};
    agent.stop();
    Uds uds{row.ours, agent.path(), 8192};
    CHECK(send_one(uds, "a").status == SendStatus::unreachable);
    CHECK(send_one(uds, "a").error == ENOENT);
    agent.start();
    CHECK(send_one(uds, "a").sent == 1);
    CHECK(agent.wait_for(1));
  }
}

TEST_CASE("a path without a listener, and one that is no socket, are unreachable") {
  for (const Row& row : kRows) {
    FakeAgent agent{row.agent};
    agent.crash();
    Uds uds{row.ours, agent.path(), 8192};
    CHECK(send_one(uds, "a").status == SendStatus::unreachable);
    Uds elsewhere{row.ours, "/dev/null", 8192};
    CHECK(send_one(elsewhere, "a").status == SendStatus::unreachable);
    Uds beneath{row.ours, "/dev/null/socket", 8192};
    CHECK(send_one(beneath, "a").status == SendStatus::unreachable);
  }
}

TEST_CASE("the datagram that meets a restarted Agent arrives there") {
  for (const Row& row : kRows) {
    FakeAgent agent{row.agent};
    Uds uds{row.ours, agent.path(), 8192};
    for (int restart = 0; restart < 5; ++restart) {
      REQUIRE(send_one(uds, "a").sent == 1);
      if (restart % 2 == 0)
        agent.stop_drained();
      else
        agent.stop_drained(), agent.start(), agent.stop_drained();
      agent.start();
    }
    CHECK(send_one(uds, "last").sent == 1);
    REQUIRE(agent.wait_for(6));
    CHECK(agent.payloads().back() == "last");
  }
}

TEST_CASE("another socket at the path is found although the old one is still open") {
  for (const Row& row : kRows) {
    FakeAgent agent{row.agent};
    Uds uds{row.ours, agent.path(), 8192};
    REQUIRE(send_one(uds, "old").sent == 1);
    REQUIRE(agent.wait_for(1));
    agent.replace_socket();
    CHECK(send_one(uds, "new").sent == 1);
    REQUIRE(agent.wait_for(2));
    CHECK(agent.payloads() == Strings{"old", "new"});
    CHECK(agent.stranded().empty());
  }
}

TEST_CASE("a receiver that never reads fills up, and its descriptor is kept") {
  for (const Row& row : kRows) {
    FakeAgent agent{row.agent};
    agent.pause();
    const auto before = open_descriptors();
    Uds uds{row.ours, agent.path(), 8192};
    const std::string payload(1000, 'x');
    std::size_t sent = 0;
    SendResult result;
    while ((result = send_one(uds, payload)).sent == 1) ++sent;
    REQUIRE(result.status == SendStatus::would_block);
    const std::vector<int> ours = opened_since(before);
    for (int i = 0; i < 50; ++i) CHECK(send_one(uds, payload).status == SendStatus::would_block);
    CHECK(opened_since(before) == ours);
    agent.resume();
    uds.wait_writable(std::chrono::milliseconds{10'000});
    CHECK(send_one(uds, payload).sent == 1);
    CHECK(agent.wait_for(sent + 1));
    CHECK(agent.frame_errors().empty());
  }
}

TEST_CASE("a sender before an Agent that never reads stays within its bytes and counts the rest") {
  for (const Row& row : kRows) {
    FakeAgent agent{row.agent};
    agent.pause();
    const auto clock = std::make_shared<ManualClock>();
    Sender sender{
        std::make_shared<Uds>(row.ours, agent.path(), 8192), clock, {.max_queue_bytes = 65'536}};
    for (std::size_t id = 0; id < 1000; id += 10) {
      sender.push(datagrams(id, 10, 1000));
      if (id % 250 == 0) sender.pump();
      clock->advance(std::chrono::milliseconds{1});
      CHECK(sender.totals().queued_bytes <= 65'536);
    }
    agent.resume();
    CHECK(sender.drain(std::chrono::steady_clock::now() + std::chrono::seconds{30}));
    const Sender::Totals totals = sender.totals();
    CHECK(totals.dropped[pawl::Drop::queue_full].samples > 0);
    CHECK(accounted(totals) == amount_of(0, 1000));
    REQUIRE(agent.wait_for(totals.handed_to_kernel.samples));
    CHECK(agent.payloads().size() == totals.handed_to_kernel.samples);
  }
}

TEST_CASE("a datagram beyond the socket's buffer lowers the limit and closes nothing") {
  const FakeAgent agent{Kind::unix_datagram};
  Uds uds{Address::Kind::unix_datagram, agent.path(), std::size_t{16} << 20};
  REQUIRE(send_one(uds, "a").sent == 1);
  const SendResult result = send_one(uds, std::string(std::size_t{16} << 20, 'x'));
  CHECK(result.status == SendStatus::too_large);
  CHECK(result.error == EMSGSIZE);
  CHECK(uds.max_datagram_bytes() == std::size_t{8} << 20);
  CHECK(send_one(uds, "b").sent == 1);
  REQUIRE(agent.wait_for(2));
  CHECK(agent.payloads() == Strings{"a", "b"});
}

TEST_CASE("an error that no retry helps against fails that datagram and opens a new socket") {
  const FakeAgent agent{Kind::unix_datagram};
  int calls = 0;
  pawl::transport::SystemCalls system;
  system.sendmmsg = [&calls](int fd, mmsghdr* messages, unsigned count, int flags) {
    if (++calls != 1) return ::sendmmsg(fd, messages, count, flags);
    errno = EIO;
    return -1;
  };
  Uds uds{Address::Kind::unix_datagram, agent.path(), 8192, system};
  CHECK(send_one(uds, "a").status == SendStatus::failed);
  CHECK(send_one(uds, "b").sent == 1);
  CHECK(agent.wait_for(1));
}

}  // namespace
