#pragma once
// An Agent with a scriptable server behind it, and retries that do not sleep.
//
// Threads: one at a time. Errors: those of HttpPeer.

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_peer.h"
#include "trace/agent.h"

namespace pawl::test {

// The answer of an Agent that offers all that is made use of.
inline constexpr std::string_view kFullInfo =
    R"({"endpoints":["/v0.4/traces","/evp_proxy/v2/"],"span_meta_structs":true})";

// More than any call here takes, unless its deadline is what is tested.
inline constexpr std::chrono::seconds kLong{30};

// Gives a chunk's spans in two parts, which stay for as long as the program runs.
inline std::span<const std::string_view> parts_of(std::string_view spans) {
  static std::deque<std::array<std::string_view, 2>> all;
  return all.emplace_back(std::array{spans.substr(0, 1), spans.substr(1)});
}

struct AgentPeer {
  explicit AgentPeer(trace::AgentOptions options = {}, HttpPeer::Kind kind = HttpPeer::Kind::tcp_v4)
      : peer(kind), agent(quick(std::move(options))) {}

  static trace::Outlet::Time in(std::chrono::milliseconds time) {
    return std::chrono::steady_clock::now() + time;
  }

  std::vector<trace::Outcome> send(const std::vector<trace::Chunk>& chunks,
                                   std::chrono::milliseconds timeout = kLong) {
    std::vector<trace::Outcome> outcomes(chunks.size());
    agent.send(chunks, in(timeout), outcomes);
    return outcomes;
  }
  // Sends one chunk of one span.
  trace::Fate send_one(std::chrono::milliseconds timeout = kLong) {
    return send({{parts_of("\x91\x80"), 1, 1, {}}}, timeout).at(0).spans;
  }

  HttpPeer peer;
  std::vector<std::chrono::milliseconds> pauses;
  std::vector<std::string> warnings;
  trace::Agent agent;

 private:
  trace::AgentOptions quick(trace::AgentOptions options) {
    options.endpoint = *trace::parse_agent_url(peer.url());
    options.sleep = [this](std::chrono::milliseconds pause) { pauses.push_back(pause); };
    options.warn = [this](std::string_view what, std::string_view detail) {
      warnings.push_back(std::string{what}.append("; ").append(detail));
    };
    return options;
  }
};

}  // namespace pawl::test
