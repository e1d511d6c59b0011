#pragma once
// Where the command listens. The spelling is that of the client's addresses; what differs is that
// port 0 asks for any free port, and that only this machine can be named: a listener that the
// network reaches is not offered.
//
//     udp://127.0.0.1:8125   udp://localhost:0   udp://[::1]   unix:///path   unixgram:///path
//     unixstream:///path   http://127.0.0.1:8126   http+unix:///path
//
// The last two serve the trace intake, the others DogStatsD.
//
// Threads: values.
// Errors: by Result; the message names the text and what was expected.

#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/result.h>

namespace pawl::tools {

struct Endpoint {
  enum class Kind : std::uint8_t { udp, unix_datagram, unix_stream, http, http_unix };

  Kind kind = Kind::udp;
  std::string host;  // udp, http: a numeric loopback address without brackets; "localhost": both
  std::uint16_t port = 0;
  std::string path;  // of a Unix socket: absolute

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// Tells whether it speaks HTTP.
bool is_http(const Endpoint& endpoint) noexcept;

Result<Endpoint> parse_endpoint(std::string_view text);

// Gives the URL.
std::string to_string(const Endpoint& endpoint);

}  // namespace pawl::tools
