#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>

#include "support/fake_agent.h"
#include "transport/datagrams.h"
#include "transport/udp.h"

namespace {

using pawl::ManualClock;
using pawl::SendStatus;
using pawl::test::Descriptor;
using pawl::test::FakeAgent;
using pawl::test::send_one;
using pawl::transport::Addresses;
using pawl::transport::Udp;
using pawl::transport::UdpSeams;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A name service that the test writes, and the time that passes for its user.
struct Names {
  explicit Names(Addresses found = {}) : addresses(std::move(found)) {}

  Addresses addresses;
  bool throws = false;
  std::vector<std::string> asked;
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();

  UdpSeams seams() {
    UdpSeams made;
    made.clock = clock;
    made.resolve = [this](const std::string& host) {
      asked.push_back(host);
      if (throws) throw std::runtime_error{"no answer"};
      return addresses;
    };
    return made;
  }
};

Addresses at(std::initializer_list<const char*> texts) {
  Addresses made;
  for (const char* text : texts) made.push_back(asio::ip::make_address(text));
  return made;
}

// An Agent's socket at another address of the loopback.
Descriptor bind_at(const char* address, std::uint16_t port) {
  Descriptor made{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const asio::ip::udp::endpoint endpoint{asio::ip::make_address(address), port};
  REQUIRE(::bind(made.get(),
                 static_cast<const sockaddr*>(static_cast<const void*>(endpoint.data())),
                 static_cast<socklen_t>(endpoint.size())) == 0);
  return made;
}

TEST_CASE("numeric addresses and localhost are never looked up") {
  for (const std::string host : {"127.0.0.1", "::1", "localhost"}) {
    Names names;
    Udp udp{host, 9, 1432, names.seams()};
    for (int i = 0; i < 3; ++i) {
      send_one(udp, "a:1|c\n");
      udp.reconnect();
      names.clock->advance(seconds{100});
    }
    CHECK(names.asked.empty());
  }
}

TEST_CASE("a name is looked up by the first send, not by the constructor") {
  const FakeAgent agent{FakeAgent::Kind::udp_v4};
  Names names{at({"127.0.0.1"})};
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  CHECK(names.asked.empty());
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  CHECK(names.asked == std::vector<std::string>{"agent.test"});
  CHECK(agent.wait_for(1));
}

TEST_CASE("a name is looked up again every 60 s") {
  const FakeAgent agent{FakeAgent::Kind::udp_v4};
  Names names{at({"127.0.0.1"})};
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  for (int second = 0; second < 180; ++second) {
    send_one(udp, "a:1|c\n");
    names.clock->advance(seconds{1});
  }
  CHECK(names.asked.size() == 3);
}

TEST_CASE("a name that moves is followed") {
  const FakeAgent agent{FakeAgent::Kind::udp_v4};
  const Descriptor second = bind_at("127.0.0.2", agent.port());
  Names names{at({"127.0.0.1"})};
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  names.addresses = at({"127.0.0.2"});
  names.clock->advance(seconds{60});
  CHECK(send_one(udp, "b:1|c\n").sent == 1);
  CHECK(agent.wait_for(1));
  CHECK(pawl::test::receive(second) == "b:1|c\n");
}

TEST_CASE("the last good address stays when a later look-up fails or throws") {
  const FakeAgent agent{FakeAgent::Kind::udp_v4};
  Names names{at({"127.0.0.1"})};
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  names.addresses.clear();
  names.clock->advance(seconds{60});
  CHECK(send_one(udp, "b:1|c\n").sent == 1);
  names.throws = true;
  names.clock->advance(seconds{60});
  CHECK(send_one(udp, "c:1|c\n").sent == 1);
  CHECK(names.asked.size() == 3);
  CHECK(agent.wait_for(3));
}

TEST_CASE("a name that cannot be resolved is unreachable and asked for once a second") {
  const FakeAgent agent{FakeAgent::Kind::udp_v4};
  Names names;
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  for (int i = 0; i < 10; ++i) {
    CHECK(send_one(udp, "a:1|c\n").status == SendStatus::unreachable);
    names.clock->advance(milliseconds{250});
  }
  CHECK(names.asked.size() == 3);
  names.addresses = at({"127.0.0.1"});
  names.clock->advance(seconds{1});
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
}

TEST_CASE("an error has the name looked up before its time") {
  FakeAgent agent{FakeAgent::Kind::udp_v4};
  const Descriptor second = bind_at("127.0.0.2", agent.port());
  Names names{at({"127.0.0.1"})};
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  agent.stop_drained();
  names.addresses = at({"127.0.0.2"});
  send_one(udp, "lost\n");
  CHECK(send_one(udp, "b:1|c\n").status == SendStatus::unreachable);
  names.clock->advance(seconds{1});
  CHECK(send_one(udp, "b:1|c\n").sent == 1);
  CHECK(pawl::test::receive(second) == "b:1|c\n");
}

TEST_CASE("the next address of a name is tried when one refuses") {
  const FakeAgent agent{FakeAgent::Kind::udp_v4};
  Names names{at({"127.0.0.3", "127.0.0.2", "127.0.0.1"})};
  Udp udp{"agent.test", agent.port(), 1432, names.seams()};
  CHECK(send_one(udp, "a:1|c\n").sent == 1);
  CHECK(send_one(udp, "b:1|c\n").sent == 1);
  REQUIRE(agent.wait_for(2));
  CHECK(agent.payloads() == std::vector<std::string>{"a:1|c\n", "b:1|c\n"});
}

TEST_CASE("the system resolves localhost") {
  const Addresses found = pawl::transport::look_up("localhost");
  REQUIRE(!found.empty());
  CHECK(found.front().is_loopback());
  CHECK(pawl::transport::look_up("no such name").empty());
}

}  // namespace
