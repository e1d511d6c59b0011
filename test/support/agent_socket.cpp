#include "support/agent_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

namespace pawl::test {
namespace {

// Larger than any datagram that a kernel accepts by default, so none is ever cut here.
constexpr std::size_t kReceiveBytes = std::size_t{256} * 1024;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

template <typename Kind>
Address address_of(const Kind& kind) {
  Address address;
  std::memcpy(&address.storage, &kind, sizeof kind);
  address.bytes = sizeof kind;
  return address;
}

Address loopback(int family, std::uint16_t port) {
  if (family == AF_INET6) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = in6addr_loopback;
    return address_of(v6);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address_of(v4);
}

Address unix_path(const std::string& path) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  if (path.size() >= sizeof local.sun_path) {
    errno = ENAMETOOLONG;
    fail(path);
  }
  std::memcpy(local.sun_path, path.c_str(), path.size() + 1);
  return address_of(local);
}

Descriptor open_socket(int family, int type) {
  Descriptor socket_made(::socket(family, type | SOCK_CLOEXEC, 0));
  if (!socket_made.is_open()) fail("socket");
  return socket_made;
}

Descriptor bound(int family, int type, const Address& address, const std::string& name) {
  Descriptor socket_made = open_socket(family, type | SOCK_NONBLOCK);
  if (::bind(socket_made.get(), address.get(), address.bytes) != 0) fail("bind " + name);
  return socket_made;
}

Descriptor connected(int family, int type, const Address& address, const std::string& name) {
  Descriptor socket_made = open_socket(family, type);
  if (::connect(socket_made.get(), address.get(), address.bytes) != 0) fail("connect " + name);
  return socket_made;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = std::exchange(other.number_, -1);
  }
  return *this;
}

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

Descriptor bind_udp(int family, std::uint16_t port) {
  return bound(family, SOCK_DGRAM, loopback(family, port), "port " + std::to_string(port));
}

std::uint16_t port_of(const Descriptor& socket) {
  Address address;
  address.bytes = sizeof address.storage;
  if (::getsockname(socket.get(), address.get(), &address.bytes) != 0) fail("getsockname");
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    return ntohs(v6.sin6_port);
  }
  sockaddr_in v4{};
  std::memcpy(&v4, &address.storage, sizeof v4);
  return ntohs(v4.sin_port);
}

Descriptor bind_unix(int type, const std::string& path) {
  Descriptor socket_made = bound(AF_UNIX, type, unix_path(path), path);
  if (type == SOCK_STREAM && ::listen(socket_made.get(), 128) != 0) fail("listen " + path);
  return socket_made;
}

Descriptor connect_udp(int family, std::uint16_t port) {
  return connected(family, SOCK_DGRAM, loopback(family, port), "port " + std::to_string(port));
}

Descriptor connect_unix(int type, const std::string& path) {
  return connected(AF_UNIX, type, unix_path(path), path);
}

std::optional<Descriptor> accept_stream(const Descriptor& listener) {
  const int number = ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (number < 0) return std::nullopt;
  return Descriptor(number);
}

std::optional<std::string> receive(const Descriptor& socket) {
  thread_local std::string buffer(kReceiveBytes, '\0');
  for (;;) {
    const ssize_t got = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got >= 0) return buffer.substr(0, static_cast<std::size_t>(got));
    if (errno == ECONNRESET) return std::string();
    if (errno != EINTR) return std::nullopt;
  }
}

bool has_ipv6() {
  try {
    bind_udp(AF_INET6, 0);
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace pawl::test
