#pragma once

// Where the trace Agent is. In this order: TracerOptions::agent_url, DD_TRACE_AGENT_URL,
// DD_AGENT_HOST with DD_TRACE_AGENT_PORT, the socket /var/run/datadog/apm.socket if it is there,
// localhost:8126.
//
// Threads: stateless; read_agent_variables() only on the thread that makes the tracer.
// Cost: that of a few strings, and of one stat() where nothing is said.
// Errors: of the option, an Error; of the environment, a warning, and what it says is not used.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.h>

namespace pawl::trace {

// An HTTP server: on a Unix socket when there is a path.
struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 8126;
  std::string socket_path;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// What the environment says about the Agent's address, as it is written.
struct AgentVariables {
  std::string url;   // DD_TRACE_AGENT_URL
  std::string host;  // DD_AGENT_HOST
  std::string port;  // DD_TRACE_AGENT_PORT
};

// `lookup` gives a variable's value, or nullptr.
AgentVariables read_agent_variables(const std::function<const char*(const char*)>& lookup);

// Reads `http://host:port`, `http://[::1]:8126` or `unix:///path`. An error names the part that was
// refused, its value and what was expected.
Result<Endpoint> parse_agent_url(std::string_view text);

// Chooses among the option (empty: none), the environment and the usual places. Mistakes of the
// environment are added to `warnings`.
Result<Endpoint> choose_endpoint(std::string_view option,
                                 const AgentVariables& environment,
                                 std::vector<std::string>& warnings,
                                 const std::string& default_socket = "/var/run/datadog/apm.socket");

// Gives the URL form: http://host:port or unix:///path.
std::string to_string(const Endpoint& endpoint);

}  // namespace pawl::trace
