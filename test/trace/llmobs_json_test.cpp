#include "trace/llmobs_json.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using pawl::trace::encode_evaluation;
using pawl::trace::Evaluation;
using pawl::trace::ShortText;

void set(ShortText& to, std::string_view text) {
  to.size = static_cast<std::uint8_t>(text.copy(to.bytes, sizeof to.bytes));
}

Evaluation scored(double score) {
  Evaluation evaluation;
  set(evaluation.label, "rag.faithful");
  evaluation.score = score;
  evaluation.trace_high = 0x6d2f;
  evaluation.trace_low = 0xfedcba9876543210;
  evaluation.span = 18'446'744'073'709'551'615U;
  evaluation.timestamp_ms = 1'700'000'000'000;
  return evaluation;
}

json encoded(const Evaluation& evaluation) {
  return json::parse(encode_evaluation(evaluation, "support"));
}

TEST_CASE("an evaluation names its span as the event does, and its label without a dot") {
  const json expected = {
      {"join_on",
       {{"span",
         {{"span_id", "18446744073709551615"}, {"trace_id", "0000000000006d2ffedcba9876543210"}}}}},
      {"label", "rag_faithful"},
      {"metric_type", "score"},
      {"ml_app", "support"},
      {"score_value", 0.75},
      {"timestamp_ms", 1'700'000'000'000}};
  CHECK(encoded(scored(0.75)) == expected);
}

TEST_CASE("an evaluation without a score is a verdict, one with both an assessed score") {
  Evaluation judged = scored(0.5);
  set(judged.type, "judge");
  judged.pass = false;
  const json both = encoded(judged);
  CHECK(both["metric_type"] == "score");
  CHECK(both["score_value"] == 0.5);
  CHECK(both["assessment"] == "fail");
  CHECK(both["tags"] == json{"type:judge"});
  judged.score.reset();
  const json boolean = encoded(judged);
  CHECK(boolean["metric_type"] == "boolean");
  CHECK(boolean["boolean_value"] == false);
  CHECK_FALSE(boolean.contains("assessment"));
}

TEST_CASE("an evaluation without label or verdict is none") {
  Evaluation evaluation = scored(1);
  CHECK(evaluation.is_verdict());
  evaluation.score.reset();
  CHECK_FALSE(evaluation.is_verdict());
  evaluation.pass = false;
  CHECK(evaluation.is_verdict());
  evaluation.label.size = 0;
  CHECK_FALSE(evaluation.is_verdict());
}

TEST_CASE("a label that is no UTF-8 breaks nothing") {
  Evaluation evaluation = scored(1);
  set(evaluation.label, "a\xff\"");
  CHECK(encoded(evaluation)["label"] == "a\xef\xbf\xbd\"");
}

}  // namespace
