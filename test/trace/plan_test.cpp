// What a tracer is made of: options that are wrong are errors, variables that are wrong are
// warnings.

#include "trace/plan.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::Switch;
using pawl::trace::make_plan;
using pawl::trace::Plan;
using pawl::trace::TracerOptions;
using namespace std::chrono_literals;

using Variables = std::map<std::string, std::string>;

Plan plan_of(const Variables& variables, TracerOptions options = {}) {
  auto plan = make_plan(std::move(options), [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
  REQUIRE(plan);
  return *plan;
}

std::string error_of(const std::function<void(TracerOptions&)>& change) {
  TracerOptions options;
  change(options);
  const auto plan = make_plan(std::move(options), {});
  return plan ? "" : plan.error().message;
}

TEST_CASE("an option out of its range is an error that names it, its value and what was expected") {
  CHECK(error_of([](auto&) {}) == "");
  CHECK(error_of([](auto& o) { o.sample_rate = 1.5; }) ==
        "TracerOptions::sample_rate is 1.5; expected 0 to 1");
  CHECK(error_of([](auto& o) { o.sample_rate = std::numeric_limits<double>::quiet_NaN(); }) ==
        "TracerOptions::sample_rate is nan; expected 0 to 1");
  CHECK(error_of([](auto& o) { o.rules = {{.rate = -1}}; }) ==
        "TracerOptions::rules[].rate is -1; expected 0 to 1");
  CHECK(error_of([](auto& o) { o.rules.resize(257); }) ==
        "TracerOptions::rules.size() is 257; expected 0 to 256");
  CHECK(error_of([](auto& o) { o.max_buffer_bytes = 1; }) ==
        "TracerOptions::max_buffer_bytes is 1; expected 262144 to 1099511627776");
  CHECK(error_of([](auto& o) { o.flush_interval = 99ms; }) ==
        "TracerOptions::flush_interval (ms) is 99; expected 100 to 10000");
  CHECK(error_of([](auto& o) { o.close_deadline = -1ms; }) ==
        "TracerOptions::close_deadline (ms) is -1; expected 0 to 3600000");
  CHECK(error_of([](auto& o) { o.service = std::string(101, 's'); }) ==
        "TracerOptions::service has 101 bytes; expected at most 100, in UTF-8");
  CHECK(error_of([](auto& o) { o.env = "\xff"; }) ==
        "TracerOptions::env has 1 bytes; expected at most 200, in UTF-8");
}

TEST_CASE("tags of options have a key, a length and no key of the tracer's own") {
  const auto with = [](const std::string& key, const std::string& value) {
    return error_of([&](auto& o) { o.tags = {{key, value}}; });
  };
  CHECK(with("team", "search") == "");
  CHECK(with("", "x") == "TracerOptions::tags has an empty key; expected some text");
  CHECK(with("_dd.p.tid", "x") ==
        "TracerOptions::tags has the key _dd.p.tid; expected none that the tracer writes itself");
  CHECK(with("a", std::string(25'001, 'x')) ==
        "TracerOptions::tags['a'] has 25001 bytes; expected at most 25000, in UTF-8");
  CHECK(error_of([](auto& o) { o.tags.resize(65); }) ==
        "TracerOptions::tags.size() is 65; expected 0 to 64");
}

TEST_CASE("the environment says what the options leave open") {
  const Variables variables{{"DD_SERVICE", "api"},
                            {"DD_ENV", "prod"},
                            {"DD_VERSION", "1.2"},
                            {"DD_TAGS", "team:search, env:ignored zone:eu"},
                            {"DD_TRACE_ENABLED", "FALSE"},
                            {"DD_TRACE_SAMPLE_RATE", "0.25"},
                            {"DD_LLMOBS_ENABLED", "1"},
                            {"DD_LLMOBS_ML_APP", "assistant"}};
  const Plan plan = plan_of(variables);
  CHECK(plan.service == "api");
  CHECK(plan.env == "prod");
  CHECK(plan.version == "1.2");
  REQUIRE(plan.tags.size() == 2);
  CHECK(plan.tags[0].key == "team");
  CHECK(plan.tags[1].value == "eu");
  CHECK(!plan.enabled);
  CHECK(plan.sample_rate == 0.25);
  CHECK(plan.llmobs);
  CHECK(plan.ml_app == "assistant");
  CHECK(plan.warnings.empty());
}

TEST_CASE("an option wins over the variable of the same meaning") {
  TracerOptions options;
  options.service = "own";
  options.tags = {{"team", "own"}};
  options.enabled = Switch::on;
  options.sample_rate = 1.0;
  options.llmobs = {.enabled = Switch::off, .ml_app = "mine"};
  const Plan plan = plan_of({{"DD_SERVICE", "api"},
                             {"DD_TAGS", "team:search"},
                             {"DD_TRACE_ENABLED", "0"},
                             {"DD_TRACE_SAMPLE_RATE", "0"},
                             {"DD_LLMOBS_ENABLED", "1"},
                             {"DD_LLMOBS_ML_APP", "assistant"}},
                            options);
  CHECK(plan.service == "own");
  REQUIRE(plan.tags.size() == 1);
  CHECK(plan.tags[0].value == "own");
  CHECK(plan.enabled);
  CHECK(plan.sample_rate == 1.0);
  CHECK(!plan.llmobs);
  CHECK(plan.ml_app == "mine");
}

TEST_CASE("a variable that makes no sense is a warning, and as if it was not there") {
  const auto warning_of = [](const Variables& variables) {
    const Plan plan = plan_of(variables);
    return plan.warnings.size() == 1 ? plan.warnings[0] : "";
  };
  CHECK(warning_of({{"DD_TRACE_ENABLED", "maybe"}}) ==
        "DD_TRACE_ENABLED is \"maybe\", neither true nor false; it is ignored");
  CHECK(warning_of({{"DD_TRACE_SAMPLE_RATE", "7"}}) ==
        "DD_TRACE_SAMPLE_RATE is \"7\", not a number from 0 to 1; it is ignored");
  CHECK(warning_of({{"DD_ENV", std::string(201, 'e')}}) ==
        "DD_ENV is \"" + std::string(100, 'e') +
            "\", not at most 200 bytes of UTF-8; it is ignored");
  CHECK(warning_of({{"DD_TAGS", "a:1,:2,b:3"}}) ==
        "a tag of DD_TAGS is \":2\", no tag for a span; it is ignored");
  CHECK(plan_of({{"DD_TAGS", "a:1,_dd.p.dm:-4,b:3"}}).tags.size() == 2);
  CHECK(plan_of({{"DD_TRACE_SAMPLE_RATE", "7"}}).sample_rate == std::nullopt);
}

}  // namespace
