#pragma once
// The sockets under the fake Agent, in plain POSIX so that they share nothing with lib/transport.
// All are non-blocking and close on exec.
//
// Threads: a Descriptor belongs to one thread at a time.
// Errors: everything that opens throws std::system_error with the name of the call.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <sys/socket.h>

namespace pawl::test {

// Owns a file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  void close();

 private:
  int number_ = -1;
};

// Binds the loopback address of `family` (AF_INET or AF_INET6); port 0 asks for any free one.
Descriptor bind_udp(int family, std::uint16_t port);
std::uint16_t port_of(const Descriptor& socket);

// Binds `path` with SOCK_DGRAM or SOCK_STREAM; a stream socket listens.
Descriptor bind_unix(int type, const std::string& path);

// Connects a sender, as a client of the fake Agent would. The sockets it returns block.
Descriptor connect_udp(int family, std::uint16_t port);
Descriptor connect_unix(int type, const std::string& path);

// Returns the next connection, if one waits.
std::optional<Descriptor> accept_stream(const Descriptor& listener);

// Receives once: a datagram, or what a stream has. Nothing when nothing waits; an empty string for
// the end of a stream.
std::optional<std::string> receive(const Descriptor& socket);

bool has_ipv6();

}  // namespace pawl::test
