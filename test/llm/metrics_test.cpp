// The table of metrics, against the documentation and the tag policy.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/llm.h>
#include <pawl/tag_policy.h>

#include "llm/docs_page.h"

namespace {

using pawl::MetricType;
using pawl::llm::Metric;
using pawl::llm::MetricInfo;
using pawl::llm::Moment;

std::string documentation() {
  std::ifstream file{PAWL_LLM_PAGE};
  REQUIRE_MESSAGE(file.good(), PAWL_LLM_PAGE);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string row_of(const MetricInfo& metric) {
  std::string own;
  for (const std::string_view tag : metric.own_tags)
    own += (own.empty() ? "`" : ", `") + std::string{tag} + "`";
  std::string row = "| `";
  row += metric.name;
  row += "` | ";
  row += to_string(metric.type);
  row += " | ";
  row += metric.unit;
  row += " | ";
  row += metric.description;
  row += " | ";
  row += metric.when;
  row += metric.moment == Moment::end ? " | end | " : " | call | ";
  return row + own + " |\n";
}

TEST_CASE("the documentation holds every row of the table of metrics, and no other") {
  const std::string text = documentation();
  for (const MetricInfo& metric : pawl::llm::metrics())
    CHECK_MESSAGE(text.find(row_of(metric)) != std::string::npos, row_of(metric));
  std::size_t rows = 0;
  for (std::size_t at = text.find("\n| `llm."); at != std::string::npos;
       at = text.find("\n| `llm.", at + 1))
    ++rows;
  CHECK(rows == pawl::llm::kMetrics);
}

TEST_CASE("no two metrics have one name, and each is a count or a distribution") {
  std::set<std::string_view> names;
  for (const MetricInfo& metric : pawl::llm::metrics()) {
    CHECK(names.insert(metric.name).second);
    CHECK((metric.type == MetricType::count || metric.type == MetricType::distribution));
    CHECK_FALSE(metric.unit.empty());
    CHECK_FALSE(metric.description.empty());
    CHECK_FALSE(metric.when.empty());
  }
}

TEST_CASE("a metric is found by its number") {
  CHECK(info(Metric::requests).name == "llm.requests");
  CHECK(info(Metric::user_rating).name == "llm.user_rating");
  CHECK(info(Metric::user_rating).metric == Metric::user_rating);
}

TEST_CASE("the tags of the table are those that the tag policy lets pass") {
  std::set<std::string_view> keys(pawl::llm::kCommonTags.begin(), pawl::llm::kCommonTags.end());
  for (const MetricInfo& metric : pawl::llm::metrics())
    keys.insert(metric.own_tags.begin(), metric.own_tags.end());
  const auto allowed = pawl::TagPolicy::llm_keys();
  CHECK(keys == std::set<std::string_view>(allowed.begin(), allowed.end()));
}

}  // namespace
