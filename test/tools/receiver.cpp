#include "tools/receiver.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace pawl::test {

using tools::Descriptor;
using tools::Endpoint;
using Kind = Endpoint::Kind;

Descriptor connect_to(const Endpoint& endpoint) {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (endpoint.kind != Kind::udp) {
    auto* address = reinterpret_cast<sockaddr_un*>(&storage);
    address->sun_family = AF_UNIX;
    endpoint.path.copy(address->sun_path, sizeof address->sun_path - 1);
    size = sizeof *address;
  } else if (endpoint.host == "::1") {
    auto* address = reinterpret_cast<sockaddr_in6*>(&storage);
    *address = {AF_INET6, htons(endpoint.port), 0, in6addr_loopback, 0};
    size = sizeof *address;
  } else {
    auto* address = reinterpret_cast<sockaddr_in*>(&storage);
    address->sin_family = AF_INET;
    address->sin_port = htons(endpoint.port);
    inet_pton(AF_INET, endpoint.host.c_str(), &address->sin_addr);
    size = sizeof *address;
  }
  const int type = endpoint.kind == Kind::unix_stream ? SOCK_STREAM : SOCK_DGRAM;
  Descriptor made{socket(storage.ss_family, type | SOCK_CLOEXEC, 0)};
  REQUIRE(connect(made.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0);
  return made;
}

void send_bytes(const Descriptor& to, const std::string& bytes) {
  REQUIRE(send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

std::string framed(const std::string& payload) {
  std::string head(4, '\0');
  for (unsigned i = 0; i < 4; ++i) head[i] = static_cast<char>(payload.size() >> (8 * i) & 0xFF);
  return head + payload;
}

void leave_stale(const std::string& path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Descriptor dead{socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
  REQUIRE(bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

Endpoint Receiver::open(const Endpoint& endpoint) {
  const auto error = server.open(endpoint);
  REQUIRE_MESSAGE(!error.has_value(), error->message);
  return server.endpoints().back();
}

Payloads Receiver::take() {
  server.drain();
  return std::exchange(got_, {});
}

}  // namespace pawl::test
