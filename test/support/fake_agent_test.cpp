#include "support/fake_agent.h"

#include <cerrno>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "support/agent_socket.h"

namespace {

using pawl::test::Descriptor;
using pawl::test::FakeAgent;
using Kind = pawl::test::FakeAgent::Kind;
using Payloads = std::vector<std::string>;

Descriptor connect_to(const FakeAgent& agent, Kind kind) {
  switch (kind) {
    case Kind::udp_v4:
      return pawl::test::connect_udp(AF_INET, agent.port());
    case Kind::udp_v6:
      return pawl::test::connect_udp(AF_INET6, agent.port());
    case Kind::unix_datagram:
      return pawl::test::connect_unix(SOCK_DGRAM, agent.path());
    case Kind::unix_stream:
      return pawl::test::connect_unix(SOCK_STREAM, agent.path());
  }
  return Descriptor();
}

// Returns 0 or the errno of a send that did not block.
int send_now(const Descriptor& socket, std::string_view bytes) {
  const ssize_t sent =
      ::send(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent == static_cast<ssize_t>(bytes.size()) ? 0 : errno;
}

std::string framed(std::string_view payload) {
  std::string frame(4, '\0');
  frame[0] = static_cast<char>(payload.size() & 0xFFU);
  frame[1] = static_cast<char>(payload.size() >> 8U);
  return frame.append(payload);
}

// Fills the queue of an Agent that does not read and returns how many datagrams it took.
std::size_t send_until_full(const Descriptor& socket) {
  std::size_t taken = 0;
  int error = 0;
  while ((error = send_now(socket, "a:1|c\n")) == 0) ++taken;
  CHECK(error == EAGAIN);
  return taken;
}

ino_t inode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

TEST_SUITE("concurrent") {
  TEST_CASE("datagrams arrive whole and in order over each datagram transport") {
    for (const Kind kind : {Kind::udp_v4, Kind::udp_v6, Kind::unix_datagram}) {
      if (kind == Kind::udp_v6 && !pawl::test::has_ipv6()) {
        MESSAGE("skipped: no IPv6 on this machine");
        continue;
      }
      FakeAgent agent(kind);
      const Descriptor client = connect_to(agent, kind);
      CHECK(send_now(client, "a:1|c\n") == 0);
      CHECK(send_now(client, std::string(8192, 'x')) == 0);
      REQUIRE(agent.wait_for(2));
      CHECK(agent.payloads() == Payloads{"a:1|c\n", std::string(8192, 'x')});
    }
  }

  TEST_CASE("the address names the kind and stays over a restart") {
    FakeAgent udp(Kind::udp_v4);
    const std::string url = udp.url();
    CHECK(url == "udp://127.0.0.1:" + std::to_string(udp.port()));
    udp.stop();
    udp.start();
    CHECK(udp.url() == url);
    const FakeAgent datagram(Kind::unix_datagram);
    CHECK(datagram.url() == "unixgram://" + datagram.path());
    const FakeAgent stream(Kind::unix_stream);
    CHECK(stream.url() == "unixstream://" + stream.path());
  }

  TEST_CASE("a stream's frames become payloads however they were sent") {
    FakeAgent agent(Kind::unix_stream);
    const Descriptor client = connect_to(agent, Kind::unix_stream);
    const std::string bytes = framed("a:1|c\n") + framed(std::string(8192, 'x'));
    CHECK(send_now(client, bytes.substr(0, 3)) == 0);
    CHECK(send_now(client, bytes.substr(3)) == 0);
    REQUIRE(agent.wait_for(2));
    CHECK(agent.payloads() == Payloads{"a:1|c\n", std::string(8192, 'x')});
    CHECK(agent.frame_errors().empty());
  }

  TEST_CASE("a stream that ends inside a frame is an error") {
    FakeAgent agent(Kind::unix_stream);
    {
      const Descriptor client = connect_to(agent, Kind::unix_stream);
      CHECK(send_now(client, framed("a:1|c\n").substr(0, 7)) == 0);
    }
    REQUIRE(agent.wait_for_frame_error());
    CHECK(agent.frame_errors() == Payloads{"the stream ended 7 bytes into a frame"});
  }

  TEST_CASE("a frame that is too long ends the connection") {
    FakeAgent agent(Kind::unix_stream);
    const Descriptor client = connect_to(agent, Kind::unix_stream);
    CHECK(send_now(client, framed(std::string(8193, 'x'))) == 0);
    REQUIRE(agent.wait_for_frame_error());
    char byte = 0;
    CHECK(::recv(client.get(), &byte, 1, 0) <= 0);
  }

  TEST_CASE("a stopped Agent refuses and its path is gone until it starts again") {
    FakeAgent agent(Kind::unix_datagram);
    const Descriptor client = connect_to(agent, Kind::unix_datagram);
    agent.stop();
    CHECK(send_now(client, "a:1|c\n") == ECONNREFUSED);
    CHECK_THROWS(connect_to(agent, Kind::unix_datagram));
    agent.start();
    CHECK(send_now(client, "a:1|c\n") != 0);
    CHECK(send_now(connect_to(agent, Kind::unix_datagram), "b:1|c\n") == 0);
    REQUIRE(agent.wait_for(1));
    CHECK(agent.payloads() == Payloads{"b:1|c\n"});
  }

  TEST_CASE("a crashed Agent leaves its path behind and can start over it") {
    FakeAgent agent(Kind::unix_datagram);
    agent.crash();
    CHECK(inode_of(agent.path()) != 0);
    CHECK_THROWS(connect_to(agent, Kind::unix_datagram));
    agent.start();
    CHECK(send_now(connect_to(agent, Kind::unix_datagram), "a:1|c\n") == 0);
    CHECK(agent.wait_for(1));
  }

  TEST_CASE("a paused Agent reads nothing and its queue fills until it resumes") {
    FakeAgent agent(Kind::unix_datagram);
    agent.pause();
    const Descriptor client = connect_to(agent, Kind::unix_datagram);
    const std::size_t taken = send_until_full(client);
    CHECK(taken > 0);
    CHECK(agent.payloads().empty());
    agent.resume();
    CHECK(agent.wait_for(taken));
    CHECK(send_now(client, "b:1|c\n") == 0);
  }

  TEST_CASE("a paused Agent that drains holds all that had arrived") {
    FakeAgent agent(Kind::unix_datagram);
    agent.pause();
    const std::size_t taken = send_until_full(connect_to(agent, Kind::unix_datagram));
    agent.drain();
    CHECK(agent.payloads().size() == taken);
  }

  TEST_CASE("stopping drained keeps what the kernel had accepted") {
    for (const Kind kind : {Kind::udp_v4, Kind::unix_datagram, Kind::unix_stream}) {
      FakeAgent agent(kind);
      agent.pause();
      const std::string payload = "a:1|c\n";
      const Descriptor client = connect_to(agent, kind);
      CHECK(send_now(client, kind == Kind::unix_stream ? framed(payload) : payload) == 0);
      agent.stop_drained();
      CHECK(agent.payloads() == Payloads{payload});
      CHECK(agent.frame_errors().empty());
    }
  }

  TEST_CASE("a slow Agent reads everything in the end") {
    FakeAgent agent(Kind::udp_v4);
    agent.slow(1);
    const Descriptor client = connect_to(agent, Kind::udp_v4);
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) CHECK(send_now(client, "a:1|c\n") == 0);
    REQUIRE(agent.wait_for(20));
    CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(15));
  }

  TEST_CASE("a replaced socket strands its clients on the old one") {
    FakeAgent agent(Kind::unix_datagram);
    const Descriptor old_client = connect_to(agent, Kind::unix_datagram);
    const ino_t before = inode_of(agent.path());
    agent.replace_socket();
    CHECK(inode_of(agent.path()) != before);
    CHECK(send_now(old_client, "lost:1|c\n") == 0);
    CHECK(send_now(connect_to(agent, Kind::unix_datagram), "a:1|c\n") == 0);
    REQUIRE(agent.wait_for(1));
    CHECK(agent.payloads() == Payloads{"a:1|c\n"});
    CHECK(agent.stranded() == Payloads{"lost:1|c\n"});
  }

  TEST_CASE("closed connections are seen by their clients and new ones are served") {
    FakeAgent agent(Kind::unix_stream);
    const Descriptor client = connect_to(agent, Kind::unix_stream);
    REQUIRE(agent.wait_for_connections(1));
    agent.close_connections();
    CHECK(send_now(client, framed("a:1|c\n")) == EPIPE);
    CHECK(send_now(connect_to(agent, Kind::unix_stream), framed("b:1|c\n")) == 0);
    CHECK(agent.wait_for(1));
  }

  TEST_CASE("an Agent that resets streams lets go of each new connection") {
    FakeAgent agent(Kind::unix_stream);
    agent.reset_streams();
    const Descriptor client = connect_to(agent, Kind::unix_stream);
    char byte = 0;
    CHECK(::recv(client.get(), &byte, 1, 0) <= 0);
    agent.serve_streams();
    CHECK(send_now(connect_to(agent, Kind::unix_stream), framed("b:1|c\n")) == 0);
    CHECK(agent.wait_for(1));
  }

  TEST_CASE("waiting returns when the predicate holds and gives up when it never does") {
    FakeAgent agent(Kind::udp_v4);
    CHECK(send_now(connect_to(agent, Kind::udp_v4), "a:1|c\n") == 0);
    CHECK(agent.wait_until([](const Payloads& got) { return !got.empty() && got[0][0] == 'a'; }));
    CHECK_FALSE(agent.wait_for(2, std::chrono::milliseconds(1)));
    CHECK(agent.take_payloads().size() == 1);
    CHECK(agent.payloads().empty());
  }
}

}  // namespace
