// Sends the traces of three requests, LLM Observability events and an evaluation to the trace Agent
// at the URL of its first argument; ends with 1 where one of them is not accepted. test_agent.py
// has Datadog's own test agent judge what arrives.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "trace/agent.h"
#include "trace/llmobs_json.h"

namespace {

using nlohmann::json;
using namespace pawl::trace;

std::string msgpack_of(const json& value) {
  const auto bytes = json::to_msgpack(value);
  return {bytes.begin(), bytes.end()};
}

std::int64_t now_ns() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

json span(std::string_view name, std::uint64_t trace, std::uint64_t id, std::uint64_t parent) {
  return {{"service", "ai-api"},
          {"name", name},
          {"resource", "POST /chat"},
          {"type", "web"},
          {"trace_id", trace},
          {"span_id", id},
          {"parent_id", parent},
          {"start", now_ns()},
          {"duration", 1'500'000},
          {"error", 0},
          {"meta", {{"env", "test"}, {"_dd.p.dm", "-0"}}},
          {"metrics", {{"_sampling_priority_v1", 1.0}, {"_top_level", parent == 0 ? 1.0 : 0.0}}}};
}

json event(std::uint64_t trace, std::uint64_t id) {
  return {{"trace_id", "0000000000000000000000000000000" + std::to_string(trace)},
          {"span_id", std::to_string(id)},
          {"parent_id", "undefined"},
          {"name", "llm.request"},
          {"start_ns", now_ns()},
          {"duration", 1'500'000},
          {"status", "ok"},
          {"meta", {{"span.kind", "llm"}, {"model_name", "gpt-4.1"}}},
          {"metrics", {{"input_tokens", 1840}}},
          {"tags", {"ml_app:support"}}};
}

bool say(const char* what, Fate fate) {
  if (fate != Fate::accepted) std::fprintf(stderr, "%s: fate %d\n", what, static_cast<int>(fate));
  return fate == Fate::accepted;
}

bool send_traces(Agent& agent, Outlet::Time deadline) {
  std::vector<std::string> spans, events;
  for (std::uint64_t trace = 1; trace <= 3; ++trace) {
    const std::uint64_t id = 100 * trace;
    spans.push_back(
        msgpack_of({span("http.request", trace, id, 0), span("llm.request", trace, id + 1, id)}));
    events.push_back(msgpack_of(json::array({event(trace, id + 1)})));
  }
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < spans.size(); ++i) chunks.push_back({spans[i], 2, 1, events[i]});
  std::vector<Outcome> outcomes(chunks.size());
  agent.send(chunks, deadline, outcomes);
  bool good = true;
  for (const Outcome& outcome : outcomes)
    good = say("spans", outcome.spans) && say("events", outcome.llmobs) && good;
  return good;
}

bool send_evaluation(Agent& agent, Outlet::Time deadline) {
  Evaluation evaluation;
  evaluation.label = "correctness";
  evaluation.score = 0.9;
  evaluation.trace_low = 1;
  evaluation.span = 101;
  evaluation.ml_app = "support";
  evaluation.timestamp_ms = now_ns() / 1'000'000;
  const std::vector<std::string> evaluations = {encode_evaluation(evaluation)};
  std::vector<Fate> fates(1);
  agent.send_evaluations(evaluations, deadline, fates);
  return say("evaluation", fates[0]);
}

int run(std::string_view url) {
  const auto endpoint = parse_agent_url(url);
  if (!endpoint) {
    std::fprintf(stderr, "%s\n", endpoint.error().message.c_str());
    return 2;
  }
  AgentOptions options;
  options.endpoint = *endpoint;
  options.warn = [](std::string_view what, std::string_view detail) {
    std::fprintf(stderr, "%s: %s\n", std::string{what}.c_str(), std::string{detail}.c_str());
  };
  Agent agent{options};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  const bool traces = send_traces(agent, deadline);
  const bool evaluation = send_evaluation(agent, deadline);
  return traces && evaluation ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: test-agent-client URL\n");
    return 2;
  }
  return run(arguments[1]);
}
