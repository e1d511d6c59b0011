#include "trace/agent_url.h"

#include <algorithm>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/port.h"

namespace pawl::trace {
namespace {

using std::string_view;

constexpr string_view kForms = "http://host:port or unix:///path";
constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035, without the last dot
constexpr std::size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;

// Quotes for a message: one line, of a bounded length, whatever the text holds.
std::string quoted(string_view text) {
  constexpr std::size_t kShown = 120;
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += c >= ' ' && c <= '~' ? c : '?';
  return out += text.size() > kShown ? "...\"" : "\"";
}

// Makes the error: which URL, which part of it, and what was expected.
struct Refusal {
  string_view url;

  Error operator()(string_view part, string_view value, string_view expected) const {
    return Error{
        fmt::format("URL {}: {} {} is not {}", quoted(url), part, quoted(value), expected)};
  }
};

bool is_name_byte(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.';
}

bool is_address(int family, string_view host) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, std::string{host}.c_str(), bytes) == 1;
}

// Digits and dots can only be meant as an IPv4 address: no name ends in a number.
bool is_name_or_v4(string_view host) {
  const bool numeric = host.find_first_not_of("0123456789.") == string_view::npos;
  if (numeric) return is_address(AF_INET, host);
  return std::all_of(host.begin(), host.end(), is_name_byte) && host.size() <= kMaxHostBytes &&
         host.front() != '.' && host.front() != '-' && host.find("..") == string_view::npos;
}

struct Parts {
  string_view host;
  string_view port;
  bool v6 = false;
};

std::optional<Parts> split(string_view rest) {
  Parts parts;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == string_view::npos) return std::nullopt;
    parts = {rest.substr(1, close - 1), {}, true};
    rest.remove_prefix(close + 1);
  } else {
    parts.host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(parts.host.size());
  }
  if (rest.empty()) {
    parts.port = "8126";
    return parts;
  }
  if (rest.front() != ':') return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

Result<Endpoint> parse_http(string_view rest, Refusal refuse) {
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const auto parts = split(rest);
  if (!parts) return refuse("host", rest, "a host with an optional port, as in [::1]:8126");
  const bool good = !parts->host.empty() &&
                    (parts->v6 ? is_address(AF_INET6, parts->host) : is_name_or_v4(parts->host));
  if (!good)
    return refuse("host", parts->host, parts->v6 ? "an IPv6 address" : "a host name or IP address");
  const auto port = base::port_of(parts->port);
  if (!port) return refuse("port", parts->port, "a number from 1 to 65535");
  return Endpoint{std::string{parts->host}, *port, {}};
}

Result<Endpoint> parse_path(string_view path, Refusal refuse) {
  const bool plain = std::none_of(
      path.begin(), path.end(), [](char c) { return c == 0x7f || (c >= 0 && c < ' '); });
  if (!path.starts_with('/') || path.size() == 1 || !plain)
    return refuse("path", path, "an absolute path, as in unix:///var/run/datadog/apm.socket");
  if (path.size() > kMaxPathBytes) return refuse("path", path, "at most 107 bytes long");
  return Endpoint{"localhost", 80, std::string{path}};
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Gives what DD_AGENT_HOST and DD_TRACE_AGENT_PORT say together.
Result<Endpoint> parse_host_and_port(const AgentVariables& environment) {
  std::string host = environment.host.empty() ? "localhost" : environment.host;
  if (std::count(host.begin(), host.end(), ':') > 1 && host.front() != '[') host = '[' + host + ']';
  if (!environment.port.empty()) host += ':' + environment.port;
  return parse_agent_url("http://" + host);
}

}  // namespace

AgentVariables read_agent_variables(const std::function<const char*(const char*)>& lookup) {
  const auto text = [&](const char* name) {
    const char* value = lookup(name);
    return std::string{value == nullptr ? "" : value};
  };
  return {text("DD_TRACE_AGENT_URL"), text("DD_AGENT_HOST"), text("DD_TRACE_AGENT_PORT")};
}

Result<Endpoint> parse_agent_url(string_view text) {
  const Refusal refuse{text};
  const std::size_t mark = text.find("://");
  if (mark == string_view::npos) return refuse("text", text, kForms);
  const string_view scheme = text.substr(0, mark);
  const string_view rest = text.substr(mark + 3);
  if (scheme == "http") return parse_http(rest, refuse);
  if (scheme == "unix") return parse_path(rest, refuse);
  return refuse("scheme", scheme, "http or unix");
}

Result<Endpoint> choose_endpoint(string_view option,
                                 const AgentVariables& environment,
                                 std::vector<std::string>& warnings,
                                 const std::string& default_socket) {
  if (!option.empty()) {
    auto said = parse_agent_url(option);
    if (!said) return Error{"TracerOptions::agent_url: " + said.error().message};
    return said;
  }
  if (!environment.url.empty()) {
    auto said = parse_agent_url(environment.url);
    if (said) return said;
    warnings.push_back("DD_TRACE_AGENT_URL is not used: " + said.error().message);
  }
  if (!environment.host.empty() || !environment.port.empty()) {
    auto said = parse_host_and_port(environment);
    if (said) return said;
    warnings.push_back("DD_AGENT_HOST and DD_TRACE_AGENT_PORT are not used: " +
                       said.error().message);
  }
  if (is_socket(default_socket)) return Endpoint{"localhost", 80, default_socket};
  return Endpoint{"localhost", 8126, {}};
}

std::string to_string(const Endpoint& endpoint) {
  if (!endpoint.socket_path.empty()) return "unix://" + endpoint.socket_path;
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  const std::string host = v6 ? '[' + endpoint.host + ']' : endpoint.host;
  return "http://" + host + ':' + std::to_string(endpoint.port);
}

}  // namespace pawl::trace
