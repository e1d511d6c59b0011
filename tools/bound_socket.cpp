#include "tools/bound_socket.h"

#include <cerrno>
#include <system_error>

#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace pawl::tools {
namespace {

// Bursts of many clients wait here while one payload is being printed.
constexpr int kReceiveBufferBytes = 8 << 20;
constexpr int kBacklog = 64;

Error refused(const Endpoint& endpoint, const std::string& complaint) {
  return Error{"cannot listen on " + to_string(endpoint) + ": " + complaint};
}

Error refused(const Endpoint& endpoint, int error) {
  return refused(endpoint, std::generic_category().message(error));
}

Descriptor new_socket(int family, int type) {
  return Descriptor{socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

void widen_buffer(int descriptor) {
  const int bytes = kReceiveBufferBytes;
  // Beyond net.core.rmem_max only with a privilege; else the kernel gives what it allows.
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

// A port whose last connections are still in TIME_WAIT can be taken again; one that somebody
// listens on cannot.
void allow_reuse(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

// Protocol: asio's UDP or TCP.
template <class Protocol>
Result<BoundSocket> bind_port(const Endpoint& endpoint) {
  using Address = typename Protocol::endpoint;
  const bool stream = endpoint.kind == Endpoint::Kind::http;
  const Address address{asio::ip::make_address(endpoint.host), endpoint.port};
  Descriptor descriptor =
      new_socket(address.protocol().family(), stream ? SOCK_STREAM : SOCK_DGRAM);
  if (descriptor.get() < 0) return refused(endpoint, errno);
  if (stream) allow_reuse(descriptor.get());
  if (!stream) widen_buffer(descriptor.get());
  Address bound = address;
  socklen_t size = static_cast<socklen_t>(bound.capacity());
  if (bind(descriptor.get(), address.data(), static_cast<socklen_t>(address.size())) != 0 ||
      getsockname(descriptor.get(), bound.data(), &size) != 0 ||
      (stream && listen(descriptor.get(), kBacklog) != 0)) {
    return refused(endpoint, errno);
  }
  Endpoint real = endpoint;
  real.port = bound.port();
  return BoundSocket{std::move(real), std::move(descriptor), {}};
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Tells a file that a dead process left behind: only there a connection is refused. A socket of the
// other type answers EPROTOTYPE, a full backlog EAGAIN.
bool is_stale(const asio::local::stream_protocol::endpoint& address, int type) {
  const Descriptor probe = new_socket(AF_UNIX, type);
  const auto size = static_cast<socklen_t>(address.size());
  return connect(probe.get(), address.data(), size) != 0 && errno == ECONNREFUSED;
}

Result<BoundSocket> bind_unix(const Endpoint& endpoint) {
  const bool stream = endpoint.kind != Endpoint::Kind::unix_datagram;
  const int type = stream ? SOCK_STREAM : SOCK_DGRAM;
  const asio::local::stream_protocol::endpoint address{endpoint.path};
  const auto size = static_cast<socklen_t>(address.size());
  Descriptor descriptor = new_socket(AF_UNIX, type);
  // Linux makes the file with the mode of the socket, so it is never open to others; the umask
  // belongs to the whole process.
  if (descriptor.get() < 0 || fchmod(descriptor.get(), S_IRUSR | S_IWUSR) != 0) {
    return refused(endpoint, errno);
  }
  widen_buffer(descriptor.get());
  int failed = bind(descriptor.get(), address.data(), size) == 0 ? 0 : errno;
  if (failed == EADDRINUSE) {
    if (!is_socket(endpoint.path)) return refused(endpoint, "a file that is no socket is there");
    if (!is_stale(address, type)) return refused(endpoint, "somebody listens there");
    unlink(endpoint.path.c_str());
    failed = bind(descriptor.get(), address.data(), size) == 0 ? 0 : errno;
  }
  if (failed != 0) return refused(endpoint, failed);
  BoundSocket bound{endpoint, std::move(descriptor), SocketFile{endpoint.path}};
  if (stream && listen(bound.descriptor.get(), kBacklog) != 0) return refused(endpoint, errno);
  return bound;
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(number_, other.number_);
  return *this;
}

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

SocketFile::SocketFile(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (lstat(path_.c_str(), &status) != 0) return;
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile::~SocketFile() {
  if (path_.empty()) return;
  struct stat status {};
  const bool there = lstat(path_.c_str(), &status) == 0;
  if (there && status.st_dev == device_ && status.st_ino == inode_) unlink(path_.c_str());
}

Result<BoundSocket> bind_socket(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::udp) return bind_port<asio::ip::udp>(endpoint);
  if (endpoint.kind == Endpoint::Kind::http) return bind_port<asio::ip::tcp>(endpoint);
  return bind_unix(endpoint);
}

// A machine without IPv6 has no ::1, and a port that was free on 127.0.0.1 may be taken there.
Result<std::vector<BoundSocket>> bind_sockets(const Endpoint& endpoint) {
  const bool both = endpoint.host == "localhost";
  Endpoint one = endpoint;
  if (both) one.host = "127.0.0.1";
  Result<BoundSocket> first = bind_socket(one);
  if (!first) return first.error();
  one.port = first->endpoint.port;
  std::vector<BoundSocket> bound;
  bound.push_back(std::move(*first));
  if (!both) return bound;
  one.host = "::1";
  if (Result<BoundSocket> second = bind_socket(one)) bound.push_back(std::move(*second));
  return bound;
}

}  // namespace pawl::tools
