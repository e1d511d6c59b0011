// The Nth allocation of a call fails, for every N: what the Agent took is accepted, and nothing
// else.

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/alloc_counter.h"
#include "support/http_peer.h"
#include "trace/agent.h"
#include "trace/agent_peer.h"

namespace {

using pawl::test::AgentPeer;
using pawl::test::AllocCounter;
using pawl::test::FailingAlloc;
using pawl::test::HttpPeer;
using pawl::test::kFullInfo;
using pawl::test::kLong;
using pawl::test::parts_of;
using pawl::trace::Chunk;
using pawl::trace::Fate;
using pawl::trace::Outcome;

// Needs memory to be read. No map: nlohmann_json needs some to let go of one, too.
const std::string kAnswer = '"' + std::string(100, 'x') + '"';
constexpr std::string_view kVersion =
    "Datadog-Rates-Payload-Version: a-version-that-needs-memory-of-its-own\r\n";

struct Sent {
  Outcome outcome;
  bool failed;
  bool arrived;
  std::uint64_t allocations;
};

Sent send(AgentPeer& to, const Chunk& chunk, std::uint64_t nth) {
  const std::size_t before = to.peer.requests().size();
  Sent sent{{}, false, false, 0};
  {
    const AllocCounter counter;
    const FailingAlloc failing{nth};
    to.agent.send({&chunk, 1}, AgentPeer::in(kLong), {&sent.outcome, 1});
    sent.failed = failing.happened();
    sent.allocations = counter.allocations();
  }
  sent.arrived = to.peer.requests().size() != before;
  return sent;
}

TEST_CASE("spans that the Agent took are accepted, wherever memory ends") {
  PAWL_SKIP_UNDER_SANITIZER();
  std::uint64_t nth = 0;
  int late = 0;
  for (bool failed = true; failed;) {
    AgentPeer to;
    to.peer.always(HttpPeer::reply(200, kAnswer, kVersion));
    const Sent sent = send(to, {parts_of("\x91\x80"), 1, 1, {}}, ++nth);
    failed = sent.failed;
    CAPTURE(nth);
    CHECK(sent.outcome.spans == (sent.arrived ? Fate::accepted : Fate::no_memory));
    late += failed && sent.arrived;
  }
  CHECK(late > 0);
}

TEST_CASE("events that were not sent are lost, wherever memory ends on their way") {
  PAWL_SKIP_UNDER_SANITIZER();
  const nlohmann::json all(40, {{"name", "a"}});
  const auto bytes = nlohmann::json::to_msgpack(all);
  const std::string events{bytes.begin(), bytes.end()};
  const Chunk chunk{{}, 0, 0, events};
  AgentPeer to;
  to.peer.next(HttpPeer::reply(200, kFullInfo));
  to.peer.always(HttpPeer::reply(202));
  CHECK(send(to, chunk, 0).outcome.llmobs == Fate::accepted);  // and asks for /info
  const std::uint64_t all_allocations = send(to, chunk, 0).allocations;
  // The last ones: the list of events, the body, the request.
  int lost = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const Sent sent = send(to, chunk, all_allocations - i);
    CAPTURE(i);
    CHECK((sent.outcome.llmobs == Fate::accepted) == sent.arrived);
    lost += sent.failed && !sent.arrived;
  }
  CHECK(lost > 10);
}

}  // namespace
