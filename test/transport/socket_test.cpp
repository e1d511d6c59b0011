#include "transport/socket.h"

#include <array>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "support/agent_socket.h"
#include "support/fake_agent.h"
#include "transport/datagrams.h"
#include "transport/descriptors.h"
#include "transport/open.h"

namespace {

using pawl::test::Descriptor;
using pawl::test::FakeAgent;
using pawl::test::open_descriptors;
using pawl::test::opened_since;
using pawl::test::send_one;
using pawl::transport::make_transport;
using pawl::transport::parse_address;
using pawl::transport::Socket;
using Kind = FakeAgent::Kind;

constexpr std::array kKinds{Kind::udp_v4, Kind::unix_datagram, Kind::unix_stream};

std::shared_ptr<pawl::Transport> transport_to(const FakeAgent& agent) {
  return make_transport(*parse_address(agent.url()));
}

// Puts the write end of a pipe at a descriptor's number; what is written there can be read back.
class Trap {
 public:
  explicit Trap(int number) : number_(number) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    read_ = Descriptor{ends[0]};
    REQUIRE(::dup2(ends[1], number) == number);
    ::close(ends[1]);
  }
  ~Trap() { ::close(number_); }
  Trap(const Trap&) = delete;
  Trap& operator=(const Trap&) = delete;

  bool is_open() const { return ::fcntl(number_, F_GETFD) >= 0; }
  bool untouched() const {
    char byte = 0;
    return ::read(read_.get(), &byte, 1) < 0 && errno == EAGAIN;
  }

 private:
  const int number_;
  Descriptor read_;
};

TEST_CASE("a socket is opened non-blocking and closed on exec") {
  Socket socket;
  REQUIRE(socket.open(AF_UNIX, SOCK_DGRAM) == 0);
  CHECK(socket.is_open());
  CHECK((::fcntl(socket.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(socket.descriptor(), F_GETFL) & O_NONBLOCK) != 0);
}

TEST_CASE("a socket's descriptor is closed with it and by opening another") {
  const auto before = open_descriptors();
  {
    Socket socket;
    REQUIRE(socket.open(AF_UNIX, SOCK_DGRAM) == 0);
    REQUIRE(socket.open(AF_UNIX, SOCK_STREAM) == 0);
    CHECK(opened_since(before).size() == 1);
  }
  CHECK(opened_since(before).empty());
}

TEST_CASE("a descriptor number that became another file is neither ours nor closed") {
  Socket socket;
  REQUIRE(socket.open(AF_UNIX, SOCK_DGRAM) == 0);
  const Trap trap{socket.descriptor()};
  CHECK(!socket.is_open());
  socket.close();
  CHECK(trap.is_open());
}

TEST_CASE("making a transport opens nothing") {
  const FakeAgent agent{Kind::unix_datagram};
  const auto before = open_descriptors();
  const auto uds = transport_to(agent);
  const auto udp = make_transport(*parse_address("udp://agent.invalid:8125"));
  CHECK(opened_since(before).empty());
  CHECK(uds->max_datagram_bytes() == 8192);
  CHECK(udp->max_datagram_bytes() == 1432);
  CHECK(uds->name() == "uds");
  CHECK(udp->name() == "udp");
  CHECK(make_transport(*parse_address("unixstream:///s"), 700)->max_datagram_bytes() == 700);
  CHECK(make_transport(*parse_address("unixstream:///s"))->name() == "uds-stream");
}

TEST_CASE("a transport has one descriptor, which goes with it") {
  for (const Kind kind : kKinds) {
    const FakeAgent agent{kind};
    const auto before = open_descriptors();
    auto transport = transport_to(agent);
    REQUIRE(send_one(*transport, "a:1|c\n").sent == 1);
    REQUIRE(agent.wait_for(1));
    // A stream Agent in this process has one for the connection too.
    const std::size_t accepted = kind == Kind::unix_stream ? 1 : 0;
    CHECK(opened_since(before).size() == 1 + accepted);
    transport.reset();
    CHECK(opened_since(before).size() <= accepted);
  }
}

TEST_CASE("a program that closes our descriptor and reuses its number gets no byte of ours") {
  for (const Kind kind : kKinds) {
    const FakeAgent agent{kind};
    const auto before = open_descriptors();
    const auto transport = transport_to(agent);
    REQUIRE(send_one(*transport, "a:1|c\n").sent == 1);
    const int ours = opened_since(before).front();
    const Trap trap{ours};
    CHECK(send_one(*transport, "b:1|c\n").sent == 1);
    CHECK(agent.wait_for(2));
    CHECK(trap.untouched());
    CHECK(trap.is_open());
  }
}

TEST_CASE("the program's errno is as it was after every call of a transport") {
  for (const Kind kind : kKinds) {
    FakeAgent agent{kind};
    const auto transport = transport_to(agent);
    agent.stop();
    errno = ERANGE;
    send_one(*transport, "a:1|c\n");
    send_one(*transport, "a:1|c\n");
    transport->wait_writable(std::chrono::milliseconds{0});
    transport->reconnect();
    CHECK(errno == ERANGE);
  }
}

}  // namespace
