#include "tools/endpoint.h"

#include <array>
#include <optional>
#include <utility>

#include <asio/ip/address.hpp>

#include "tools/arguments.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr std::size_t kMaxPathBytes = 107;  // sockaddr_un::sun_path, less its NUL
constexpr std::int64_t kDogStatsDPort = 8125;
constexpr std::int64_t kTracePort = 8126;

Error refused(string_view text, string_view complaint) {
  return Error{"cannot listen on \"" + printable(text) + "\": " + std::string{complaint}};
}

bool take_prefix(string_view& text, string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

struct HostPort {
  string_view host;
  string_view port;  // empty when none is written
};

std::optional<HostPort> split_host(string_view text) {
  if (take_prefix(text, "[")) {
    const auto end = text.find(']');
    if (end == string_view::npos) return std::nullopt;
    const string_view rest = text.substr(end + 1);
    if (!rest.empty() && (rest.size() < 2 || rest.front() != ':')) return std::nullopt;
    return HostPort{text.substr(0, end), rest.empty() ? rest : rest.substr(1)};
  }
  const auto colon = text.find(':');
  if (colon == string_view::npos) return HostPort{text, {}};
  // Several colons: an IPv6 address without brackets, and without a port.
  if (text.find(':', colon + 1) != string_view::npos) return HostPort{text, {}};
  if (colon + 1 == text.size()) return std::nullopt;
  return HostPort{text.substr(0, colon), text.substr(colon + 1)};
}

Result<Endpoint> parse_host(string_view whole, Endpoint::Kind kind, string_view text) {
  const auto parts = split_host(text);
  const bool http = kind == Endpoint::Kind::http;
  if (!parts)
    return refused(whole, http ? "expected http://host:port" : "expected udp://host:port");
  const std::int64_t usual = http ? kTracePort : kDogStatsDPort;
  const Result<std::int64_t> port =
      parts->port.empty() ? Result<std::int64_t>{usual} : parse_whole(parts->port, 0, 65535);
  if (!port) return refused(whole, "port " + port.error().message);
  Endpoint made{kind, "localhost", static_cast<std::uint16_t>(*port), {}};
  if (parts->host == "localhost") return made;
  asio::error_code failed;
  const auto address = asio::ip::make_address(std::string{parts->host}, failed);
  if (failed) return refused(whole, "expected a numeric address or localhost");
  if (!address.is_loopback()) {
    return refused(whole, "not a loopback address; others must not reach a listener");
  }
  made.host = address.to_string();
  return made;
}

Result<Endpoint> parse_unix(string_view whole, Endpoint::Kind kind, string_view path) {
  if (path.empty() || path.front() != '/') return refused(whole, "expected an absolute path");
  if (path.find('\0') != string_view::npos) return refused(whole, "the path holds a NUL");
  if (path.size() > kMaxPathBytes) {
    return refused(whole, "the path is longer than " + std::to_string(kMaxPathBytes) + " bytes");
  }
  return Endpoint{kind, {}, 0, std::string{path}};
}

// A datagram socket for unix://: it is what every client tries first.
constexpr std::array<std::pair<string_view, Endpoint::Kind>, 4> kUnixSchemes{{
    {"unix://", Endpoint::Kind::unix_datagram},
    {"unixgram://", Endpoint::Kind::unix_datagram},
    {"unixstream://", Endpoint::Kind::unix_stream},
    {"http+unix://", Endpoint::Kind::http_unix},
}};

}  // namespace

Result<Endpoint> parse_endpoint(string_view text) {
  string_view rest = text;
  for (const auto& [scheme, kind] : kUnixSchemes) {
    if (take_prefix(rest, scheme)) return parse_unix(text, kind, rest);
  }
  if (take_prefix(rest, "http://")) {
    if (!rest.empty() && rest.back() == '/') rest.remove_suffix(1);
    return parse_host(text, Endpoint::Kind::http, rest);
  }
  const bool udp = take_prefix(rest, "udp://");
  if (!udp && rest.find("://") != string_view::npos) {
    return refused(text,
                   "expected udp://, unix://, unixgram://, unixstream://, http:// or http+unix://");
  }
  return parse_host(text, Endpoint::Kind::udp, rest);
}

bool is_http(const Endpoint& endpoint) noexcept {
  return endpoint.kind == Endpoint::Kind::http || endpoint.kind == Endpoint::Kind::http_unix;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_datagram) return "unixgram://" + endpoint.path;
  if (endpoint.kind == Endpoint::Kind::unix_stream) return "unixstream://" + endpoint.path;
  if (endpoint.kind == Endpoint::Kind::http_unix) return "http+unix://" + endpoint.path;
  const std::string scheme = endpoint.kind == Endpoint::Kind::http ? "http://" : "udp://";
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + endpoint.host + "]" : endpoint.host;
  return scheme + host + ":" + std::to_string(endpoint.port);
}

}  // namespace pawl::tools
