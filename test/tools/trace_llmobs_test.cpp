#include "tools/trace_llmobs.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "tools/trace_sample.h"

namespace {

using pawl::test::Json;
using pawl::tools::LlmobsItem;
using pawl::tools::read_evaluations;
using pawl::tools::read_llmobs_spans;

Json event() {
  return {{"trace_id", "6893d5b0000000000000000000000007"},
          {"span_id", "2"},
          {"parent_id", "undefined"},
          {"name", "answer"},
          {"start_ns", 1'800'000'000'000'000'000},
          {"duration", 1'430'000'000},
          {"status", "ok"},
          {"meta", {{"span", {{"kind", "llm"}}}, {"model_name", "gpt-4.1"}}},
          {"metrics", {{"input_tokens", 1840}}},
          {"tags", {"ml_app:chat"}}};
}

Json metric() {
  return {{"label", "correctness"},
          {"metric_type", "score"},
          {"score_value", 0.4},
          {"ml_app", "chat"},
          {"timestamp_ms", 1'800'000'000'000},
          {"join_on", {{"span", {{"span_id", "2"}, {"trace_id", "7"}}}}}};
}

Json payload_of(const Json& span) {
  return Json::array(
      {{{"_dd.stage", "raw"}, {"event_type", "span"}, {"spans", Json::array({span})}}});
}

Json body_of(const Json& evaluation) {
  const Json attributes = {{"metrics", Json::array({evaluation})}};
  return {{"data", {{"type", "evaluation_metric"}, {"attributes", attributes}}}};
}

LlmobsItem read_event(const Json& span) {
  const auto items = read_llmobs_spans(payload_of(span).dump());
  REQUIRE_MESSAGE(items, items.error().message);
  return items->front();
}

LlmobsItem read_metric(const Json& evaluation) {
  const auto items = read_evaluations(body_of(evaluation).dump());
  REQUIRE_MESSAGE(items, items.error().message);
  return items->front();
}

TEST_CASE("an event of a span is a line with its kind, its model and its numbers") {
  const LlmobsItem item = read_event(event());
  CHECK(item.refusal.empty());
  CHECK(item.line == "llmobs span answer llm 1.43 s model_name=gpt-4.1 input_tokens=1840");
  const Json json = Json::parse(item.json);
  CHECK(json["kind"] == "llmobs_span");
  CHECK(json["event"] == event());
}

TEST_CASE("an evaluation is a line with its value and its span") {
  const LlmobsItem item = read_metric(metric());
  CHECK(item.refusal.empty());
  CHECK(item.line == "evaluation correctness score 0.4 span=2");
  CHECK(Json::parse(item.json)["kind"] == "evaluation");
}

using Change = std::pair<std::string, std::function<void(Json&)>>;

TEST_CASE("an event that the intake would not take is refused with what is wrong") {
  const std::vector<Change> table{
      {"trace_id", [](Json& j) { j["trace_id"] = "7"; }},
      {"trace_id", [](Json& j) { j["trace_id"] = std::string(32, 'G'); }},
      {"span_id", [](Json& j) { j["span_id"] = 2; }},
      {"parent_id", [](Json& j) { j["parent_id"] = ""; }},
      {"name", [](Json& j) { j.erase("name"); }},
      {"start_ns", [](Json& j) { j["start_ns"] = "1"; }},
      {"duration", [](Json& j) { j["duration"] = nullptr; }},
      {"status", [](Json& j) { j["status"] = "fine"; }},
      {"span.kind", [](Json& j) { j["meta"] = Json::object(); }},
      {"metrics", [](Json& j) { j["metrics"]["input_tokens"] = "1840"; }},
      {"tags",
       [](Json& j) {
         j["tags"] = {{"ml_app", "chat"}};
       }},
  };
  for (const Change& change : table) {
    CAPTURE(change.first);
    Json changed = event();
    change.second(changed);
    CHECK(read_event(changed).refusal.find(change.first) != std::string::npos);
  }
}

TEST_CASE("an evaluation that the intake would not take is refused with what is wrong") {
  const std::vector<Change> table{
      {"label", [](Json& j) { j["label"] = ""; }},
      {"dot", [](Json& j) { j["label"] = "a.b"; }},
      {"metric_type", [](Json& j) { j["metric_type"] = "number"; }},
      {"metric_type", [](Json& j) { j["score_value"] = "0.4"; }},
      {"ml_app", [](Json& j) { j.erase("ml_app"); }},
      {"timestamp_ms", [](Json& j) { j["timestamp_ms"] = 1.5; }},
      {"join_on", [](Json& j) { j["join_on"] = Json::object(); }},
  };
  for (const Change& change : table) {
    CAPTURE(change.first);
    Json changed = metric();
    change.second(changed);
    CHECK(read_metric(changed).refusal.find(change.first) != std::string::npos);
  }
}

TEST_CASE("a body that is no list of these is refused whole") {
  for (const std::string body : {"", "{", "7", "[7]", R"([{"event_type":"span"}])"}) {
    CAPTURE(body);
    CHECK_FALSE(read_llmobs_spans(body));
    CHECK_FALSE(read_evaluations(body));
  }
}

TEST_CASE("JSON nested without end is refused") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(read_llmobs_spans(deep).error().message == "it is nested too deep");
}

}  // namespace
