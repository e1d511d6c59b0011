#include "transport/address.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <asio/ip/address.hpp>

#include "base/port.h"

namespace pawl::transport {
namespace {

constexpr std::string_view kForms =
    "udp://host:port, unix:///path, unixgram:///path, unixstream:///path, host or host:port";
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, without the last dot

// Quotes for a message: one line, of a bounded length, whatever the text holds.
std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 120;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > kShown) out += "...";
  return out += '"';
}

// Makes the error: which text, which part of it, and what was expected.
struct Refusal {
  std::string_view text;

  Error operator()(std::string_view part, std::string_view value, std::string_view expected) const {
    std::string message = "address " + quoted(text) + ": ";
    message.append(part).append(" ").append(quoted(value)).append(" is not ").append(expected);
    return Error{std::move(message)};
  }
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_host_byte(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '.';
}

bool is_ip(std::string_view host, bool v6) {
  asio::error_code error;
  const auto address = asio::ip::make_address(std::string{host}, error);
  return !error && address.is_v6() == v6;
}

bool is_name(std::string_view host) noexcept {
  const bool bytes = std::all_of(host.begin(), host.end(), is_host_byte);
  return bytes && !host.empty() && host.size() <= kMaxHostBytes && host.front() != '.' &&
         host.front() != '-' && host.find("..") == std::string_view::npos;
}

// Tells digits and dots, which can only be meant as an IPv4 address: no name ends in a number.
bool looks_numeric(std::string_view host) noexcept {
  return std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool is_host(std::string_view host) {
  return looks_numeric(host) ? is_ip(host, false) : is_name(host);
}

// What stands for the host, and for the port when one is written.
struct Parts {
  std::string_view host;
  std::optional<std::string_view> port;
  bool v6 = false;
};

std::optional<Parts> split_bracketed(std::string_view rest) {
  const std::size_t close = rest.find(']');
  if (close == std::string_view::npos) return std::nullopt;
  Parts parts{rest.substr(1, close - 1), std::nullopt, true};
  rest.remove_prefix(close + 1);
  if (rest.empty()) return parts;
  if (rest.front() != ':') return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

std::optional<Parts> split(std::string_view rest) {
  if (rest.starts_with('[')) return split_bracketed(rest);
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return Parts{rest, std::nullopt, false};
  // Two colons without brackets are an IPv6 address and no port.
  if (rest.find(':', colon + 1) != std::string_view::npos) return Parts{rest, std::nullopt, true};
  return Parts{rest.substr(0, colon), rest.substr(colon + 1), false};
}

Result<Address> parse_udp(std::string_view rest, Refusal refuse) {
  const auto parts = split(rest);
  if (!parts) return refuse("host", rest, "a host with an optional port, as in [::1]:8125");
  if (parts->v6 ? !is_ip(parts->host, true) : !is_host(parts->host))
    return refuse("host", parts->host, parts->v6 ? "an IPv6 address" : "a host name or IP address");
  const auto port = parts->port ? base::port_of(*parts->port) : kDefaultPort;
  if (!port) return refuse("port", *parts->port, "a number from 1 to 65535");
  return Address{Address::Kind::udp, std::string{parts->host}, *port, {}};
}

Result<Address> parse_path(Address::Kind kind, std::string_view path, Refusal refuse) {
  const bool plain = std::none_of(
      path.begin(), path.end(), [](char c) { return c == '\x7f' || (c >= 0 && c < ' '); });
  if (!path.starts_with('/') || path.size() == 1 || !plain)
    return refuse("path", path, "an absolute path, as in unix:///var/run/datadog/dsd.socket");
  if (path.size() > kMaxPathBytes) return refuse("path", path, "at most 107 bytes long");
  return Address{kind, {}, 0, std::string{path}};
}

std::string_view scheme_of(Address::Kind kind) noexcept {
  switch (kind) {
    case Address::Kind::udp:
      return "udp";
    case Address::Kind::unix_any:
      return "unix";
    case Address::Kind::unix_datagram:
      return "unixgram";
    case Address::Kind::unix_stream:
      return "unixstream";
  }
  return {};
}

constexpr Address::Kind kKinds[] = {Address::Kind::udp,
                                    Address::Kind::unix_any,
                                    Address::Kind::unix_datagram,
                                    Address::Kind::unix_stream};

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const Refusal refuse{text};
  const std::size_t mark = text.find("://");
  if (text.empty() || (mark == std::string_view::npos && text.find('/') != std::string_view::npos))
    return refuse("text", text, kForms);
  if (mark == std::string_view::npos) return parse_udp(text, refuse);

  const std::string_view scheme = text.substr(0, mark);
  const std::string_view rest = text.substr(mark + 3);
  for (const Address::Kind kind : kKinds) {
    if (scheme != scheme_of(kind)) continue;
    return kind == Address::Kind::udp ? parse_udp(rest, refuse) : parse_path(kind, rest, refuse);
  }
  return refuse("scheme", scheme, "udp, unix, unixgram or unixstream");
}

std::string to_string(const Address& address) {
  std::string out{scheme_of(address.kind)};
  out += "://";
  if (address.kind != Address::Kind::udp) return out + address.path;
  const bool v6 = address.host.find(':') != std::string::npos;
  out += v6 ? '[' + address.host + ']' : address.host;
  return out + ':' + std::to_string(address.port);
}

}  // namespace pawl::transport
