#include "tools/destination.h"

#include <algorithm>
#include <cstdlib>

#include <arpa/inet.h>
#include <sys/stat.h>

namespace pawl::tools {
namespace {

using std::string_view;

constexpr string_view kUsualSocket = "/var/run/datadog/dsd.socket";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string{value};
}

bool is_unix(string_view destination) {
  return destination.substr(0, 4) == "unix" && destination.find("://") != string_view::npos;
}

bool is_socket(string_view path) {
  struct stat status {};
  return stat(std::string{path}.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Gives the host of `udp://host:port`, `host:port`, `[::1]:port` or `::1`.
std::string host_of(string_view text) {
  if (text.substr(0, 6) == "udp://") text.remove_prefix(6);
  if (!text.empty() && text.front() == '[') return std::string{text.substr(1, text.find(']') - 1)};
  const bool bare_v6 = std::count(text.begin(), text.end(), ':') > 1;
  return std::string{bare_v6 ? text : text.substr(0, text.find(':'))};
}

}  // namespace

std::string destination(string_view address) {
  if (!address.empty()) return std::string{address};
  if (std::string url = variable("DD_DOGSTATSD_URL"); !url.empty()) return url;
  const std::string host = variable("DD_AGENT_HOST");
  const std::string port = variable("DD_DOGSTATSD_PORT");
  if (host.empty() && port.empty() && is_socket(kUsualSocket)) {
    return "unix://" + std::string{kUsualSocket};
  }
  return (host.empty() ? "localhost" : host) + ":" + (port.empty() ? "8125" : port);
}

bool may_be_looked_up(string_view destination) {
  if (is_unix(destination)) return false;
  const std::string host = host_of(destination);
  in6_addr address{};
  const bool numeric = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                       inet_pton(AF_INET6, host.c_str(), &address) == 1;
  return !numeric && host != "localhost";
}

std::size_t datagram_limit(string_view destination) noexcept {
  return is_unix(destination) ? 8192 : 1432;
}

}  // namespace pawl::tools
