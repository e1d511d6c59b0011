#pragma once

// Where an Agent is, as a program or DD_DOGSTATSD_URL writes it:
//
//     udp://host:port   unix:///path   unixgram:///path   unixstream:///path
//     host   host:port   [::1]:port   ::1
//
// The port is 8125 when none is written. Nothing is looked up here: a name stays a name.
//
// Threads: values. Cost: none worth naming. Errors: parse_address names the text, the part that is
// wrong and what was expected.

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.h>

namespace pawl::transport {

inline constexpr std::uint16_t kDefaultPort = 8125;
inline constexpr std::size_t kMaxPathBytes = 107;  // sockaddr_un::sun_path, less its NUL

struct Address {
  // unix_any is a datagram socket, or a stream socket when that is what is found at the path.
  enum class Kind : std::uint8_t { udp, unix_any, unix_datagram, unix_stream };

  Kind kind = Kind::udp;
  std::string host = {};  // udp: a name or a numeric address, without brackets
  std::uint16_t port = 0;
  std::string path = {};  // of a Unix socket: absolute

  friend bool operator==(const Address&, const Address&) = default;
};

Result<Address> parse_address(std::string_view text);

// Gives the URL form, which parse_address reads back as the same address.
std::string to_string(const Address& address);

}  // namespace pawl::transport
