#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "context/look_up.h"
#include "context/registry.h"

namespace {

using pawl::Cardinality;
using pawl::MetricType;
using pawl::Repair;
using pawl::Tag;
using pawl::context::Answer;
using pawl::context::Call;
using pawl::context::Context;
using pawl::context::Limits;
using pawl::context::Registry;
using pawl::context::Rules;
using pawl::tags::TagSet;
using pawl::test::call_of;
using pawl::test::look_up;
using pawl::test::shape_of;
using pawl::test::times;

constexpr Limits kRoomy{.contexts = 10'000, .bytes = 8 << 20};

TagSet set_of(std::initializer_list<const char*> tags) {
  TagSet set;
  for (const char* tag : tags) set.insert(tag);
  return set;
}

Rules with_prefix(std::string prefix) {
  Rules rules;
  rules.prefix = std::move(prefix);
  return rules;
}

Rules with_global(std::initializer_list<const char*> tags) {
  Rules rules;
  rules.global = set_of(tags);
  return rules;
}

Rules with_allowed(std::vector<std::string> keys) {
  Rules rules;
  rules.policy = pawl::tags::Policy{{.allowed_keys = std::move(keys)}};
  return rules;
}

TEST_CASE("a scope adds its prefix and tags to its parent's") {
  Registry registry{kRoomy, with_prefix("app.")};
  const std::uint32_t child = registry.add_scope(0, "db.", set_of({"t:1"})).value();
  const std::uint32_t grandchild = registry.add_scope(child, "x.", set_of({"s:2"})).value();
  const Call call{MetricType::count, Cardinality::unset, grandchild, "n", {}};
  const Context* context = look_up(registry, call).context;
  CHECK(context->name() == "app.db.x.n");
  CHECK(context->tags() == "s:2,t:1");
}

TEST_CASE("a scope's tag that is global already is not repeated") {
  Registry registry{kRoomy, with_global({"env:prod"})};
  const std::uint32_t child = registry.add_scope(0, "", set_of({"env:prod", "t:1"})).value();
  const Call call{MetricType::count, Cardinality::unset, child, "n", {}};
  CHECK(look_up(registry, call).context->tags() == "t:1");
}

TEST_CASE("equal scopes have one number, other scopes others") {
  Registry registry{kRoomy, {}};
  const std::uint32_t one = registry.add_scope(0, "a.", set_of({"t:1"})).value();
  CHECK(registry.add_scope(0, "a.", set_of({"t:1"})) == one);
  CHECK(registry.add_scope(0, "b.", set_of({"t:1"})) != one);
  CHECK(registry.add_scope(0, "a.", set_of({"t:2"})) != one);
  CHECK(registry.add_scope(0, "", {}) == 0);
}

TEST_CASE("calls of two scopes that come to the same share a context and not a shape") {
  Registry registry{kRoomy, {}};
  const std::uint32_t child = registry.add_scope(0, "a.", set_of({"t:1"})).value();
  const std::vector<Tag> tags = {{"t", "1"}};
  const Context* context = look_up(registry, call_of(MetricType::count, "a.n", tags)).context;
  const Call call{MetricType::count, Cardinality::unset, child, "n", {}};
  CHECK(look_up(registry, call).context == context);
  CHECK(shape_of(registry, call_of(MetricType::count, "n")).is_new());
}

TEST_CASE("the policy is asked for a call's tags, not for the scope's") {
  Registry registry{kRoomy, with_allowed({"env"})};
  const std::uint32_t child = registry.add_scope(0, "", set_of({"team:x"})).value();
  const std::vector<Tag> tags = {{"env", "prod"}, {"user", "17"}};
  const Answer answer =
      look_up(registry, {MetricType::count, Cardinality::unset, child, "n", tags});
  CHECK(answer.context->tags() == "env:prod,team:x");
  CHECK(times(answer.note.repairs, Repair::tag_policy) == 1);
}

}  // namespace
