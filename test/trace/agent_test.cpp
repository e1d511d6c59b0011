#include "trace/agent.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/version.h>

#include "support/http_peer.h"
#include "trace/agent_peer.h"

namespace {

using pawl::test::AgentPeer;
using pawl::test::HttpPeer;
using pawl::test::kLong;
using pawl::test::parts_of;
using pawl::trace::Agent;
using pawl::trace::AgentOptions;
using pawl::trace::Chunk;
using pawl::trace::Fate;
using pawl::trace::Rates;
using std::string_view;
using namespace std::chrono_literals;
using Step = HttpPeer::Step;

Chunk chunk_of(string_view spans) { return {parts_of(spans), 1, 1, {}}; }

// How the table of docs/traces.md has it: what becomes of a request with this status, and how often
// it is made.
struct Row {
  Fate fate;
  int requests;
};
Row row_of(int status) {
  constexpr int kAll = 1 + Agent::kMostRetries;
  if (status < 200) return {Fate::unreachable, kAll};  // announces an answer, and then closes
  if (status < 300) return {Fate::accepted, 1};
  if (status == 413) return {Fate::too_large, 1};
  if (status == 429) return {Fate::throttled, kAll};
  if (status < 500) return {Fate::refused, 1};
  return {Fate::failed, status >= 502 && status <= 504 ? kAll : 1};
}

TEST_CASE("every status from 100 to 599 has the fate of the table, and is repeated as it says") {
  AgentPeer to;
  for (int status = 100; status <= 599; ++status) {
    const auto before = to.peer.requests().size();
    to.peer.always({{{Step::Kind::send, HttpPeer::answer(status)}, {Step::Kind::close}}});
    const Fate fate = to.send_one();
    CAPTURE(status);
    CHECK(fate == row_of(status).fate);
    CHECK(static_cast<int>(to.peer.requests().size() - before) == row_of(status).requests);
  }
}

TEST_CASE("chunks go out as one array, with all headers of the intake") {
  AgentOptions options;
  options.origin = {"abc", "ci-abc", "it-false,cn-web"};
  for (const auto kind : {HttpPeer::Kind::tcp_v4, HttpPeer::Kind::unix_socket}) {
    AgentPeer to{options, kind};
    for (const auto& outcome : to.send({chunk_of("\x91\x80"), chunk_of("\x92\x80\x80")}))
      CHECK(outcome.spans == Fate::accepted);
    REQUIRE(to.peer.requests().size() == 1);
    const auto request = to.peer.requests()[0];
    CHECK(request.method == "PUT");
    CHECK(request.path == "/v0.4/traces");
    CHECK(request.body == "\x92\x91\x80\x92\x80\x80");
    const std::map<std::string, std::string> expected = {
        {"content-type", "application/msgpack"},
        {"x-datadog-trace-count", "2"},
        {"datadog-meta-lang", "cpp"},
        {"datadog-meta-lang-version", std::to_string(__cplusplus)},
        {"datadog-meta-tracer-version", PAWL_VERSION},
        {"datadog-container-id", "abc"},
        {"datadog-entity-id", "ci-abc"},
        {"datadog-external-env", "it-false,cn-web"},
        {"datadog-client-computed-top-level", "yes"},
        {"datadog-rates-payload-version", "none"},
        {"datadog-send-real-http-status", "true"},
        {"content-length", "6"},
    };
    for (const auto& header : expected) {
      CAPTURE(header.first);
      CHECK(request.header(header.first) == header.second);
    }
    CHECK(to.warnings.empty());
  }
}

TEST_CASE("what is not known of the origin has no header") {
  AgentPeer to;
  to.send_one();
  for (const char* name : {"datadog-container-id", "datadog-entity-id", "datadog-external-env"})
    CHECK_FALSE(to.peer.requests().at(0).has(name));
}

TEST_CASE("an array of more than 15 and of more than 65535 chunks has the right head") {
  for (const std::size_t count : {std::size_t{15}, std::size_t{16}, std::size_t{65'536}}) {
    AgentPeer to;
    to.send(std::vector<Chunk>(count, chunk_of("\x91\x80")));
    const std::string body = to.peer.requests().at(0).body;
    const std::string head = body.substr(0, body.size() - 2 * count);
    if (count == 15) CHECK(head == "\x9F");
    if (count == 16) CHECK(head == std::string{"\xDC\x00\x10", 3});
    if (count == 65'536) CHECK(head == std::string{"\xDD\x00\x01\x00\x00", 5});
  }
}

TEST_CASE("a chunk without spans is not sent, and nothing at all makes no request") {
  AgentPeer to;
  CHECK(to.send({}).empty());
  CHECK(to.send({Chunk{}}).at(0).spans == Fate::accepted);
  CHECK(to.peer.connections() == 0);
}

TEST_CASE("more than one payload holds goes in several, in order") {
  AgentOptions options;
  options.most_payload_bytes = 10;
  AgentPeer to{options};
  const auto outcomes = to.send({chunk_of("\x91\x80"),
                                 chunk_of("\x95\x80\x80\x80\x80\x80"),
                                 chunk_of("\x92\x80\x80"),
                                 chunk_of("\x9B\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
                                 chunk_of("\x91\x80")});
  for (const auto& outcome : outcomes) CHECK(outcome.spans == Fate::accepted);
  std::vector<std::string> counts;
  for (const auto& request : to.peer.requests())
    counts.push_back(request.header("x-datadog-trace-count"));
  CHECK(counts == std::vector<std::string>{"2", "1", "1", "1"});
}

TEST_CASE("what is too large is sent in two halves, once") {
  AgentPeer to;
  to.peer.next(HttpPeer::reply(413));
  to.peer.next(HttpPeer::reply(200));
  to.peer.next(HttpPeer::reply(413));
  const auto outcomes = to.send(std::vector<Chunk>(5, chunk_of("\x91\x80")));
  std::vector<Fate> fates;
  for (const auto& outcome : outcomes) fates.push_back(outcome.spans);
  CHECK(fates ==
        std::vector<Fate>{
            Fate::accepted, Fate::accepted, Fate::too_large, Fate::too_large, Fate::too_large});
  std::vector<std::string> counts;
  for (const auto& request : to.peer.requests())
    counts.push_back(request.header("x-datadog-trace-count"));
  CHECK(counts == std::vector<std::string>{"5", "2", "3"});
}

TEST_CASE("an Agent that is busy for a moment is told again, after pauses that grow and differ") {
  for (const int status : {429, 502, 503, 504}) {
    AgentPeer to;
    for (int i = 0; i < Agent::kMostRetries; ++i) to.peer.next(HttpPeer::reply(status));
    CHECK(to.send_one() == Fate::accepted);
    REQUIRE(to.pauses.size() == 3);
    CHECK((to.pauses[0] >= 50ms && to.pauses[0] <= 100ms));
    CHECK((to.pauses[1] >= 100ms && to.pauses[1] <= 200ms));
    CHECK((to.pauses[2] >= 200ms && to.pauses[2] <= 400ms));
    CHECK(to.warnings.empty());
  }
}

TEST_CASE("the budget of retries is that of a call, whatever it sends") {
  AgentOptions options;
  options.most_payload_bytes = 1;
  AgentPeer to{options};
  to.peer.always(HttpPeer::reply(429));
  for (const auto& outcome : to.send(std::vector<Chunk>(4, chunk_of("\x91\x80"))))
    CHECK(outcome.spans == Fate::throttled);
  CHECK(to.peer.requests().size() == 4 + Agent::kMostRetries);
}

TEST_CASE("there is no pause that ends after the deadline") {
  AgentPeer to;
  to.peer.always(HttpPeer::reply(429));
  // On a machine that is busy the answer itself may come too late.
  const Fate fate = to.send_one(45ms);
  CHECK((fate == Fate::throttled || fate == Fate::timed_out));
  CHECK(to.pauses.empty());
}

TEST_CASE("an Agent that is not there is unreachable, and back at once when it is back") {
  for (const auto kind : {HttpPeer::Kind::tcp_v4, HttpPeer::Kind::unix_socket}) {
    AgentPeer to{{}, kind};
    CHECK(to.send_one() == Fate::accepted);
    for (int i = 0; i < 20; ++i) {
      to.peer.stop();
      CHECK(to.send_one() == Fate::unreachable);
      to.peer.start();
      CHECK(to.send_one() == Fate::accepted);
    }
    CHECK(to.pauses.size() == 20 * Agent::kMostRetries);
  }
}

TEST_CASE("spans that were on their way when the Agent restarted arrive") {
  AgentPeer to;
  to.peer.next({{{Step::Kind::reset}}});
  CHECK(to.send_one() == Fate::accepted);
  CHECK(to.peer.requests().size() == 2);
}

TEST_CASE("an Agent that does not answer costs a request's time, and is not asked again") {
  AgentOptions options;
  options.request_timeout = 100ms;
  AgentPeer to{options};
  to.peer.always({{{Step::Kind::hold}}});
  const auto start = std::chrono::steady_clock::now();
  CHECK(to.send_one() == Fate::timed_out);
  CHECK(std::chrono::steady_clock::now() - start < 100ms + 1'500ms);
  CHECK(to.peer.requests().size() == 1);
}

TEST_CASE("the caller's deadline holds over all requests of a call") {
  AgentOptions options;
  options.most_payload_bytes = 1;
  options.request_timeout = 200ms;
  AgentPeer to{options};
  to.peer.always({{{Step::Kind::hold}}});
  const auto start = std::chrono::steady_clock::now();
  for (const auto& outcome : to.send(std::vector<Chunk>(50, chunk_of("\x91\x80")), 500ms))
    CHECK(outcome.spans == Fate::timed_out);
  CHECK(std::chrono::steady_clock::now() - start < 500ms + 1'500ms);
  CHECK(to.peer.requests().size() <= 3);
}

TEST_CASE("a request under way is broken off from another thread, and none begins after it") {
  AgentOptions options;
  options.request_timeout = kLong;
  AgentPeer to{options};
  to.peer.always({{{Step::Kind::hold}}});
  std::thread other{[&to] { CHECK(to.send_one() == Fate::timed_out); }};
  REQUIRE(to.peer.wait_for(1));
  const auto start = std::chrono::steady_clock::now();
  to.agent.end_by(start);
  other.join();
  CHECK(std::chrono::steady_clock::now() - start < 1'500ms);
  CHECK(to.send_one() == Fate::timed_out);
  CHECK(to.peer.requests().size() == 1);
}

TEST_CASE("there is no pause after the time by which all has to end") {
  AgentPeer to;
  to.peer.always(HttpPeer::reply(503));
  to.agent.end_by(AgentPeer::in(20ms));
  to.send_one();
  CHECK(to.pauses.empty());
}

TEST_CASE("a torn or endless answer with a status of success is a success, and says no rates") {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
  const std::string rates = R"({"rate_by_service":{"service:a,env:b":0.5}})";
  for (const auto& end : {Step{Step::Kind::close}, Step{Step::Kind::send_forever, "x"}}) {
    AgentPeer to;
    to.peer.always({{{Step::Kind::send, head + rates}, end}});
    CHECK(to.send_one() == Fate::accepted);
    CHECK_FALSE(to.agent.take_rates().has_value());
    CHECK(to.peer.requests().size() == 1);
  }
}

TEST_CASE("the Agent's rates are taken once, and their version is sent from then on") {
  AgentPeer to;
  to.peer.next(HttpPeer::reply(200,
                               R"({"rate_by_service":{"service:a,env:b":0.25}})",
                               "Datadog-Rates-Payload-Version: v1\r\n"));
  to.send_one();
  const auto rates = to.agent.take_rates();
  REQUIRE(rates.has_value());
  REQUIRE(rates->size() == 1);
  CHECK(rates->at(0).service == "a");
  CHECK(rates->at(0).env == "b");
  CHECK(rates->at(0).rate == 0.25);
  CHECK_FALSE(to.agent.take_rates().has_value());
  to.send_one();
  CHECK_FALSE(to.agent.take_rates().has_value());
  CHECK(to.peer.requests().at(1).header("datadog-rates-payload-version") == "v1");
}

TEST_CASE("a version without rates is not believed: they would not be said again") {
  AgentPeer to;
  to.peer.next(HttpPeer::reply(200, "{", "Datadog-Rates-Payload-Version: v1\r\n"));
  to.send_one();
  to.send_one();
  CHECK(to.peer.requests().at(1).header("datadog-rates-payload-version") == "none");
}

TEST_CASE("what fails is told, with the address and the status, and no body") {
  AgentPeer to;
  to.peer.next(HttpPeer::reply(400, "secret"));
  to.send_one();
  REQUIRE(to.warnings.size() == 1);
  CHECK(to.warnings[0] == "traces: refused; " + to.peer.url() + ", status 400");
  to.peer.stop();
  to.send_one();
  REQUIRE(to.warnings.size() == 2);
  CHECK(to.warnings[1].find("traces: unreachable; " + to.peer.url() + ", ") == 0);
}

TEST_CASE("the child of a fork sends by itself, though a thread of the parent was sending") {
  AgentPeer to;
  to.peer.next({{{Step::Kind::hold}, {Step::Kind::send, HttpPeer::answer(200)}}});
  std::thread other{[&] { CHECK(to.send_one() == Fate::accepted); }};
  REQUIRE(to.peer.wait_for(1));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    to.agent.start_over_in_child();
    ::_exit(to.send_one() == Fate::accepted ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  to.peer.release();
  other.join();
  CHECK(to.peer.connections() == 2);
}

}  // namespace
