#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/tag_policy.h>

namespace {

using pawl::TagAction;
using pawl::TagChecker;
using pawl::TagPolicy;
using Why = TagChecker::Why;

TagChecker checker(const TagPolicy& policy) {
  auto made = TagChecker::from(policy);
  REQUIRE(made.ok());
  return std::move(*made);
}

TEST_CASE("a checker says of each tag what would be sent, and why") {
  TagChecker check = checker({.allowed_keys = {{"route", "zone", "x"}},
                              .values = {{.key = "zone", .allowed_values = {{"a"}}}},
                              .renames = {{"path", "route"}}});
  const auto made = check.check("m",
                                {{"route", "/v1"},
                                 {"path", "/v2"},
                                 {"zone", "z"},
                                 {"user", "1"},
                                 {"host", "h"},
                                 {"x", "a|b"},
                                 {"", ""}});
  const std::vector<std::pair<Why, std::string>> expected{{Why::passed, "route:/v1"},
                                                          {Why::renamed, "route:/v2"},
                                                          {Why::value, "zone:other"},
                                                          {Why::key, ""},
                                                          {Why::reserved, ""},
                                                          {Why::repaired, "x:a_b"},
                                                          {Why::repaired, ""}};
  REQUIRE(made.size() == expected.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    CHECK(made[i].why == expected[i].first);
    CHECK(made[i].tag == expected[i].second);
    CHECK_FALSE(made[i].refuses_call);
  }
}

TEST_CASE("a checker says which tag refuses the whole call") {
  TagChecker check = checker({.allowed_keys = {{"a"}}, .other_keys = TagAction::refuse_metric});
  const auto made = check.check("m", {{"a", "1"}, {"b", "1"}});
  CHECK_FALSE(made[0].refuses_call);
  CHECK(made[1].refuses_call);
  CHECK(made[1].tag.empty());
}

TEST_CASE("a checker is not made of a policy that makes no sense") {
  const auto made = TagChecker::from({.values = {{.key = ""}}});
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().message.starts_with("TagPolicy::values[0].key is ''; expected "));
}

TEST_CASE("every word of a checker is its own") {
  CHECK(to_string(Why::passed) == "passed");
  CHECK(to_string(Why::renamed) == "renamed");
  CHECK(to_string(static_cast<Why>(99)) == "unknown");
}

TEST_CASE("a call that would be refused takes no place of a cap") {
  auto checker = TagChecker::from({.allowed_keys = {{"t"}},
                                   .other_keys = pawl::TagAction::refuse_metric,
                                   .values = {{.key = "t", .max_values = 1}}});
  REQUIRE(checker.ok());
  CHECK(checker->check("m", {{"t", "refused"}, {"x", "1"}})[1].refuses_call);
  CHECK(checker->check("m", {{"t", "good"}})[0].tag == "t:good");
}

}  // namespace
