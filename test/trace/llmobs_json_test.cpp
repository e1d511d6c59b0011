#include "trace/llmobs_json.h"

#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace {

using nlohmann::json;
using pawl::trace::encode_evaluation;
using pawl::trace::Evaluation;

Evaluation scored(double score) {
  Evaluation evaluation;
  evaluation.label = "rag.faithful";
  evaluation.score = score;
  evaluation.trace_high = 0x6d2f;
  evaluation.trace_low = 0xfedcba9876543210;
  evaluation.span = 18'446'744'073'709'551'615U;
  evaluation.ml_app = "support";
  evaluation.timestamp_ms = 1'700'000'000'000;
  return evaluation;
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
  CHECK(json::parse(encode_evaluation(scored(0.75))) == expected);
}

TEST_CASE("an evaluation may be a verdict or a category, and carry tags") {
  Evaluation passed = scored(0);
  passed.score.reset();
  passed.pass = false;
  passed.tags = {"type:judge"};
  const json boolean = json::parse(encode_evaluation(passed));
  CHECK(boolean["metric_type"] == "boolean");
  CHECK(boolean["boolean_value"] == false);
  CHECK(boolean["tags"] == json{"type:judge"});
  passed.pass.reset();
  passed.category = "rude";
  const json categorical = json::parse(encode_evaluation(passed));
  CHECK(categorical["metric_type"] == "categorical");
  CHECK(categorical["categorical_value"] == "rude");
}

TEST_CASE("an evaluation without label, span or verdict is none") {
  Evaluation evaluation = scored(1);
  evaluation.label = "";
  CHECK(encode_evaluation(evaluation).empty());
  evaluation = scored(1);
  evaluation.span = 0;
  CHECK(encode_evaluation(evaluation).empty());
  CHECK(encode_evaluation(scored(std::numeric_limits<double>::quiet_NaN())).empty());
}

TEST_CASE("a label that is no UTF-8 breaks nothing") {
  Evaluation evaluation = scored(1);
  evaluation.label = "a\xff\"";
  CHECK(json::parse(encode_evaluation(evaluation))["label"] == "a\xef\xbf\xbd\"");
}

}  // namespace
