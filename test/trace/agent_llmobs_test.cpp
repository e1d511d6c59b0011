#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <pawl/trace_llm.h>
#include <pawl/version.h>

#include "trace/agent.h"
#include "trace/agent_peer.h"
#include "trace/llmobs_json.h"

namespace {

using nlohmann::json;
using pawl::test::AgentPeer;
using pawl::test::HttpPeer;
using pawl::test::kFullInfo;
using pawl::test::kLong;
using pawl::test::parts_of;
using pawl::trace::AgentOptions;
using pawl::trace::Chunk;
using pawl::trace::Fate;
using pawl::trace::Features;
using pawl::trace::kMostEventBytes;
using pawl::trace::kMostLlmobsBytes;
using namespace std::chrono_literals;

const char* const kEventsPath = "/evp_proxy/v2/api/v2/llmobs";
const char* const kEvaluationsPath = "/evp_proxy/v2/api/intake/llm-obs/v2/eval-metric";

json event(const std::string& name, std::size_t filled = 0) {
  return {{"name", name},
          {"span_id", "18446744073709551615"},
          {"start_ns", 1'700'000'000'000'000'000},
          {"metrics", {{"total_cost", 0.1}}},
          {"meta", {{"metadata", std::string(filled, 'x')}}}};
}

std::string msgpack_of(const json& value) {
  const auto bytes = json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

Chunk chunk_of(std::string_view events) { return {{}, 0, 0, events}; }

// Requests to the intake, /info left out.
std::vector<HttpPeer::Request> intakes(const AgentPeer& to) {
  auto requests = to.peer.requests();
  std::erase_if(requests, [](const auto& request) { return request.path == "/info"; });
  return requests;
}

struct Offering : AgentPeer {
  explicit Offering(AgentOptions options = {}) : AgentPeer(std::move(options)) {
    peer.next(HttpPeer::reply(200, kFullInfo));
    peer.always(HttpPeer::reply(202));
  }
};

TEST_CASE("events go through the Agent's proxy as JSON, each in its envelope") {
  Offering to;
  const std::string first = msgpack_of(json::array({event("a"), event("b")}));
  const std::string second = msgpack_of(json::array({event("c")}));
  for (const auto& outcome : to.send({chunk_of(first), chunk_of(second)})) {
    CHECK(outcome.llmobs == Fate::accepted);
    CHECK(outcome.spans == Fate::accepted);
  }
  const auto requests = intakes(to);
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].method == "POST");
  CHECK(requests[0].path == kEventsPath);
  CHECK(requests[0].header("content-type") == "application/json");
  CHECK(requests[0].header("x-datadog-evp-subdomain") == "llmobs-intake");
  const json body = json::parse(requests[0].body);
  REQUIRE(body.size() == 3);
  CHECK(body[1] == json{{"_dd.stage", "raw"},
                        {"_dd.tracer_version", PAWL_VERSION},
                        {"event_type", "span"},
                        {"spans", json::array({event("b")})}});
  CHECK(body[2]["spans"][0] == event("c"));
}

TEST_CASE("the tags of an event are a list for the intake, its application among them") {
  Offering to;
  json tagged = event("a");
  tagged["ml_app"] = "app";
  tagged["tags"] = {{"ml_app", "app"}, {"error", "0"}};
  const std::string events = msgpack_of(json::array({tagged}));
  CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::accepted);
  const json sent = json::parse(intakes(to).at(0).body)[0]["spans"][0];
  CHECK(sent["tags"] == json{"error:0", "ml_app:app"});
  CHECK_FALSE(sent.contains("ml_app"));
}

TEST_CASE("spans and events of a chunk have fates of their own") {
  AgentPeer to;
  to.peer.next(HttpPeer::reply(400));
  to.peer.next(HttpPeer::reply(200, kFullInfo));
  to.peer.next(HttpPeer::reply(202));
  const std::string events = msgpack_of(json::array({event("a")}));
  const auto outcome = to.send({{parts_of("\x91\x80"), 1, 1, events}}).at(0);
  CHECK(outcome.spans == Fate::refused);
  CHECK(outcome.llmobs == Fate::accepted);
}

TEST_CASE("events that an Agent has no proxy for are not offered to it") {
  const std::string events = msgpack_of(json::array({event("a")}));
  for (const int status : {200, 404}) {
    AgentPeer to;
    to.peer.always(HttpPeer::reply(status, R"({"endpoints":["/v0.4/traces"]})"));
    CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::not_offered);
    CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::not_offered);
    CHECK(to.peer.requests().size() == 1);
  }
}

TEST_CASE("events for an Agent that says nothing of itself share its fate") {
  const std::string events = msgpack_of(json::array({event("a")}));
  AgentPeer to;
  to.peer.always(HttpPeer::reply(500));
  CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::failed);
  to.peer.always(HttpPeer::reply(200, "no JSON"));
  CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::refused);
  to.peer.stop();
  CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::unreachable);
  CHECK(intakes(to).empty());
}

TEST_CASE("what is not an array of maps is refused, and goes nowhere") {
  AgentPeer to;
  for (const char* events : {"\x91\x01", "\x80", "\xc1", "\x92\x80", "\x90"})
    CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::refused);
  CHECK(to.peer.connections() == 0);
}

TEST_CASE("an event above the intake's limit is too large, and those beside it go on") {
  Offering to;
  const std::string huge = msgpack_of(json::array({event("a", kMostEventBytes)}));
  const std::string small = msgpack_of(json::array({event("b")}));
  const auto outcomes = to.send({chunk_of(huge), chunk_of(small)});
  CHECK(outcomes[0].llmobs == Fate::too_large);
  CHECK(outcomes[1].llmobs == Fate::accepted);
}

TEST_CASE("no request to the intake is above its limit") {
  Offering to;
  std::vector<std::string> texts;
  for (int i = 0; i < 7; ++i)
    texts.push_back(msgpack_of(json::array({event("a", 900'000), event("b", 900'000)})));
  std::vector<Chunk> chunks;
  for (const std::string& text : texts) chunks.push_back(chunk_of(text));
  for (const auto& outcome : to.send(chunks)) CHECK(outcome.llmobs == Fate::accepted);
  std::size_t events = 0;
  for (const auto& request : intakes(to)) {
    CHECK(request.body.size() <= kMostLlmobsBytes);
    events += json::parse(request.body).size();
  }
  CHECK(events == 14);
  CHECK(intakes(to).size() == 3);
}

TEST_CASE("bytes that are no UTF-8 are replaced, and the rest arrives") {
  Offering to;
  // {"name": "a\xff"}
  const std::string events =
      "\x91\x81\xa4name\xa2"
      "a\xff";
  CHECK(to.send({chunk_of(events)}).at(0).llmobs == Fate::accepted);
  CHECK(json::parse(intakes(to).at(0).body)[0]["spans"][0]["name"] == "a\xef\xbf\xbd");
}

TEST_CASE("evaluations go to their own intake, in one object") {
  Offering to;
  const std::vector<std::string> evaluations = {R"({"label":"a"})", R"({"label":"b"})"};
  std::vector<Fate> fates(2, Fate::refused);
  to.agent.send_evaluations(evaluations, AgentPeer::in(kLong), fates);
  CHECK(fates == std::vector<Fate>(2, Fate::accepted));
  const auto request = intakes(to).at(0);
  CHECK(request.method == "POST");
  CHECK(request.path == kEvaluationsPath);
  CHECK(request.header("x-datadog-evp-subdomain") == "api");
  const json expected = {{"data",
                          {{"type", "evaluation_metric"},
                           {"attributes", {{"metrics", {{{"label", "a"}}, {{"label", "b"}}}}}}}}};
  CHECK(json::parse(request.body) == expected);
}

TEST_CASE(
    "/info is asked once, and again when the Agent was connected to anew and time has passed") {
  AgentOptions options;
  options.info_lasts = 0ms;
  AgentPeer to{options};
  to.peer.always(HttpPeer::reply(200, kFullInfo));
  for (int i = 0; i < 3; ++i) {
    const Features features = to.agent.features(AgentPeer::in(kLong));
    CHECK(features.known);
    CHECK(features.meta_structs);
    CHECK(features.llmobs_proxy);
  }
  CHECK(to.peer.requests().size() == 1);
  to.peer.stop();
  to.peer.start();
  to.send_one();
  to.peer.always(HttpPeer::reply(200, R"({"endpoints":[]})"));
  CHECK_FALSE(to.agent.features(AgentPeer::in(kLong)).meta_structs);
  to.agent.features(AgentPeer::in(kLong));
  CHECK(to.peer.requests().size() == 3);
}

TEST_CASE("what /info said is believed for a while, whatever connections do") {
  AgentPeer to;
  to.peer.always(HttpPeer::reply(200, kFullInfo));
  to.agent.features(AgentPeer::in(kLong));
  to.peer.stop();
  to.peer.start();
  to.send_one();
  CHECK(to.agent.features(AgentPeer::in(kLong)).known);
  CHECK(to.peer.requests().size() == 2);
}

TEST_CASE("what /info said is believed while the Agent is away") {
  AgentOptions options;
  options.info_lasts = 0ms;
  AgentPeer to{options};
  to.peer.always(HttpPeer::reply(200, kFullInfo));
  to.agent.features(AgentPeer::in(kLong));
  to.peer.stop();
  to.peer.start();
  to.send_one();
  to.peer.stop();
  CHECK(to.agent.features(AgentPeer::in(kLong)).meta_structs);
}

TEST_CASE("an Agent that is not there offers nothing that is known") {
  AgentPeer to;
  to.peer.stop();
  CHECK_FALSE(to.agent.features(AgentPeer::in(kLong)).known);
}

TEST_CASE("a tracer's evaluations reach the Agent's proxy") {
  HttpPeer peer;
  peer.always(HttpPeer::reply(200, kFullInfo));
  auto tracer = pawl::trace::Tracer::create({.agent_url = peer.url(),
                                             .llmobs = {.enabled = pawl::Switch::on},
                                             .background = pawl::Background::manual,
                                             .environment = pawl::Switch::off});
  REQUIRE(tracer.ok());
  auto request = pawl::trace::llm_request(*tracer, {.model = "m"});
  pawl::trace::eval(request, {.name = "safe", .score = 0.5}).finish();
  const std::string id = std::to_string(request.id());
  request.finish();
  CHECK(tracer->flush(kLong));
  CHECK(tracer->flush(kLong));
  std::vector<json> bodies;
  for (const auto& seen : peer.requests())
    if (seen.path == kEvaluationsPath) bodies.push_back(json::parse(seen.body));
  REQUIRE(bodies.size() == 1);
  const json& metrics = bodies[0]["data"]["attributes"]["metrics"];
  REQUIRE(metrics.size() == 1);
  CHECK(metrics[0]["join_on"]["span"]["span_id"] == id);
  CHECK(metrics[0]["score_value"] == 0.5);
  CHECK(tracer->stats().evaluations_accepted == 1);
}

}  // namespace
