#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include "support/agent_socket.h"
#include "support/fake_agent.h"
#include "support/frame_reader.h"
#include "support/temp_dir.h"
#include "transport/datagrams.h"
#include "transport/sender.h"
#include "transport/uds.h"

namespace {

using pawl::SendResult;
using pawl::SendStatus;
using pawl::test::amount_of;
using pawl::test::datagrams;
using pawl::test::Descriptor;
using pawl::test::FakeAgent;
using pawl::test::FrameReader;
using pawl::test::payloads_of;
using pawl::test::send_one;
using pawl::test::TempDir;
using pawl::transport::Address;
using pawl::transport::Sender;
using pawl::transport::SystemCalls;
using pawl::transport::Uds;
using Strings = std::vector<std::string>;

constexpr std::size_t kLarge = 60'000;  // more than the kernel takes in one piece

volatile std::sig_atomic_t pipe_signals = 0;

// Counts SIGPIPE instead of dying of it.
class PipeSignals {
 public:
  PipeSignals() {
    pipe_signals = 0;
    struct sigaction counting {};
    counting.sa_handler = [](int) { pipe_signals = pipe_signals + 1; };
    ::sigaction(SIGPIPE, &counting, &before_);
  }
  ~PipeSignals() { ::sigaction(SIGPIPE, &before_, nullptr); }
  PipeSignals(const PipeSignals&) = delete;
  PipeSignals& operator=(const PipeSignals&) = delete;

 private:
  struct sigaction before_ {};
};

// Gives the bytes that wait in the oldest connection which was not accepted yet.
std::string next_connection(const Descriptor& listener) {
  const auto connection = pawl::test::accept_stream(listener);
  REQUIRE(connection.has_value());
  std::string bytes;
  for (auto some = pawl::test::receive(*connection); some && !some->empty();
       some = pawl::test::receive(*connection))
    bytes += *some;
  return bytes;
}

// Reads a connection in small pieces until it has this many payloads.
Strings read_slowly(const Descriptor& listener, std::size_t payloads) {
  Strings read;
  pollfd ready{listener.get(), POLLIN, 0};
  if (::poll(&ready, 1, 30'000) != 1) return read;
  const auto connection = pawl::test::accept_stream(listener);
  if (!connection) return read;
  FrameReader frames{kLarge};
  ready = {connection->get(), POLLIN, 0};
  char piece[1500];
  while (read.size() < payloads && ::poll(&ready, 1, 30'000) == 1) {
    const ssize_t got = ::recv(connection->get(), piece, sizeof piece, 0);
    if (got <= 0) break;
    for (std::string& payload : frames.feed({piece, static_cast<std::size_t>(got)}))
      read.push_back(std::move(payload));
  }
  return read;
}

TEST_SUITE("concurrent") {
  TEST_CASE("large frames arrive whole at a slow reader") {
    const TempDir dir;
    const Descriptor listener = pawl::test::bind_unix(SOCK_STREAM, dir.file("s"));
    Strings read;
    std::thread reader{[&] { read = read_slowly(listener, 30); }};
    std::atomic<int> short_writes{0};
    SystemCalls system;
    system.sendmsg = [&short_writes](int fd, const msghdr* message, int flags) {
      const ssize_t sent = ::sendmsg(fd, message, flags);
      const std::size_t whole = message->msg_iov[0].iov_len + message->msg_iov[1].iov_len;
      if (sent > 0 && static_cast<std::size_t>(sent) < whole) ++short_writes;
      return sent;
    };
    Sender sender{std::make_shared<Uds>(Address::Kind::unix_stream, dir.file("s"), kLarge, system),
                  std::make_shared<pawl::Clock>(),
                  {}};
    sender.push(datagrams(0, 30, kLarge));
    CHECK(sender.drain(std::chrono::steady_clock::now() + std::chrono::seconds{60}));
    reader.join();
    CHECK(sender.totals().handed_to_kernel == amount_of(0, 30));
    CHECK(read == payloads_of(0, 30, kLarge));
    CHECK(short_writes > 0);
  }
}

TEST_CASE("a frame that its reader does not take in time is sent whole over a new connection") {
  const TempDir dir;
  const Descriptor listener = pawl::test::bind_unix(SOCK_STREAM, dir.file("s"));
  Uds uds{Address::Kind::unix_stream, dir.file("s"), kLarge};
  const Strings payloads = payloads_of(0, 100, kLarge);
  SendResult result;
  std::size_t sent = 0;
  while (sent < payloads.size() && (result = send_one(uds, payloads[sent])).sent == 1) ++sent;
  REQUIRE(sent > 0);
  REQUIRE(result.status == SendStatus::unreachable);
  REQUIRE(result.error == ETIMEDOUT);
  REQUIRE(send_one(uds, payloads[sent]).sent == 1);

  FrameReader first{kLarge};
  CHECK(first.feed(next_connection(listener)) == payloads_of(0, sent, kLarge));
  CHECK(first.end() != "");  // it ends within a frame, which no reader takes for a whole one
  FrameReader second{kLarge};
  CHECK(second.feed(next_connection(listener)) == payloads_of(sent, 1, kLarge));
  CHECK(second.end() == "");
}

TEST_CASE("a closed connection raises no signal and is opened again") {
  const PipeSignals counted;
  FakeAgent agent{FakeAgent::Kind::unix_stream};
  Uds uds{Address::Kind::unix_stream, agent.path(), 8192};
  for (std::size_t round = 1; round <= 10; ++round) {
    CHECK(send_one(uds, "a").sent == 1);
    REQUIRE(agent.wait_for(round));
    agent.close_connections();
  }
  CHECK(agent.connections() == 10);
  CHECK(pipe_signals == 0);
}

TEST_CASE("an Agent that closes each new connection does not hold up its client") {
  const PipeSignals counted;
  FakeAgent agent{FakeAgent::Kind::unix_stream};
  agent.reset_streams();
  Uds uds{Address::Kind::unix_stream, agent.path(), 8192};
  for (int i = 0; i < 100; ++i) {
    const SendResult result = send_one(uds, "a");
    CHECK((result.status == SendStatus::sent || result.status == SendStatus::unreachable));
  }
  agent.serve_streams();
  uds.reconnect();
  CHECK(send_one(uds, "served").sent == 1);
  REQUIRE(
      agent.wait_until([](const Strings& all) { return !all.empty() && all.back() == "served"; }));
  CHECK(pipe_signals == 0);
}

}  // namespace
