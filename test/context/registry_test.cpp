#include "context/registry.h"

#include <cstdint>
#include <initializer_list>
#include <new>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "context/look_up.h"
#include "support/alloc_counter.h"
#include "support/lock_counter.h"

namespace {

using pawl::Cardinality;
using pawl::MetricType;
using pawl::Reject;
using pawl::Repair;
using pawl::Tag;
using pawl::context::Answer;
using pawl::context::Call;
using pawl::context::Context;
using pawl::context::Kind;
using pawl::context::Known;
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

Context* count_context(Registry& registry, std::string_view name, pawl::Tags tags = {}) {
  return look_up(registry, call_of(MetricType::count, name, tags)).context;
}

TEST_CASE("the order of tags does not make two contexts") {
  Registry registry{kRoomy, {}};
  Context* one = count_context(registry, "n", {{"a", "1"}, {"b", "2"}});
  REQUIRE(one != nullptr);
  CHECK(count_context(registry, "n", {{"b", "2"}, {"a", "1"}}) == one);
  CHECK(count_context(registry, "n", {{"b", "2"}, {"a", "1"}, {"b", "2"}}) == one);
  CHECK(count_context(registry, "n", {{"", "a:1"}, {"b:2", ""}}) == one);
  CHECK(registry.contexts(Kind::counter).size() == 1);
  CHECK(registry.shapes() == 4);
}

TEST_CASE("a context holds the name and tags as they go on the wire") {
  Rules rules = with_prefix("app.");
  rules.global = set_of({"env:prod"});
  Registry registry{kRoomy, rules};
  const Context* context =
      count_context(registry, "a b", {{"z", "1,2"}, {"env", "prod"}, {"host", "x"}, {"a", ""}});
  REQUIRE(context != nullptr);
  CHECK(context->name() == "app.a_b");
  CHECK(context->tags() == "a,z:1_2");
}

TEST_CASE("other names, tags and pieces that only join to the same text are other contexts") {
  Registry registry{kRoomy, {}};
  std::set<Context*> contexts = {
      count_context(registry, "n"),
      count_context(registry, "m"),
      count_context(registry, "n", {{"a", "1"}}),
      count_context(registry, "n", {{"a", "2"}}),
      count_context(registry, "n", {{"a", "1"}, {"b", ""}}),
      count_context(registry, "n", {{"a", "1b"}}),
      count_context(registry, "na", {{"", "1b"}}),
  };
  CHECK(contexts.size() == 7);
  CHECK(contexts.count(nullptr) == 0);
}

TEST_CASE("each type has a context of its own, numbered among its kind") {
  Registry registry{kRoomy, {}};
  std::set<Context*> contexts;
  for (const MetricType type : {MetricType::count,
                                MetricType::gauge,
                                MetricType::histogram,
                                MetricType::distribution,
                                MetricType::timing,
                                MetricType::set})
    contexts.insert(look_up(registry, call_of(type, "n")).context);
  CHECK(contexts.size() == 6);
  CHECK(registry.contexts(Kind::counter).size() == 1);
  CHECK(registry.contexts(Kind::gauge).size() == 1);
  CHECK(registry.contexts(Kind::set).size() == 1);
  CHECK(registry.contexts(Kind::sampled).size() == 3);
  for (const Context* context : contexts)
    CHECK(registry.contexts(pawl::context::kind_of(context->type))[context->index] == context);
  for (const std::uint64_t count : registry.contexts_by_type()) CHECK(count == 1);
}

TEST_CASE("each cardinality has a context of its own") {
  Registry registry{kRoomy, {}};
  std::set<Context*> contexts;
  for (const Cardinality cardinality : {Cardinality::unset,
                                        Cardinality::none,
                                        Cardinality::low,
                                        Cardinality::orchestrator,
                                        Cardinality::high}) {
    Context* context = look_up(registry, {MetricType::count, cardinality, 0, "n", {}}).context;
    CHECK(context->cardinality == cardinality);
    contexts.insert(context);
  }
  CHECK(contexts.size() == 5);
}

TEST_CASE("a shape is new once and found ever after") {
  Registry registry{kRoomy, {}};
  const std::vector<Tag> tags = {{"a", "1"}};
  const Call call = call_of(MetricType::count, "n", tags);
  CHECK(shape_of(registry, call).is_new());
  const Answer answer = registry.resolve(call);
  const Known known = shape_of(registry, call);
  CHECK(known.plain());
  CHECK(known.context() == answer.context);
  CHECK(known.index() == answer.context->index);
  CHECK(registry.resolve(call).context == answer.context);
  CHECK(registry.shapes() == 1);
}

TEST_CASE("a repaired shape is remembered with its repairs") {
  Registry registry{kRoomy, {}};
  const std::vector<Tag> tags = {{"a", "1,2"}, {"host", "x"}, {"", ""}};
  const Call call = call_of(MetricType::count, "n m", tags);
  registry.resolve(call);
  const Known known = shape_of(registry, call);
  REQUIRE_FALSE(known.is_new());
  CHECK_FALSE(known.plain());
  const pawl::tags::Repairs& repairs = registry.note(known).repairs;
  CHECK(times(repairs, Repair::name) == 1);
  CHECK(times(repairs, Repair::tag_bytes) == 1);
  CHECK(times(repairs, Repair::tag_reserved) == 1);
  CHECK(times(repairs, Repair::tag_empty) == 1);
}

void check_told(const Answer& answer, Reject reason) {
  CHECK(answer.context == nullptr);
  CHECK(answer.note.refused);
  CHECK(answer.note.reject == reason);
}

void check_refused(Registry& registry, const Call& call, Reject reason) {
  check_told(registry.resolve(call), reason);
  const Known known = shape_of(registry, call);
  CHECK(known.is_new() == !pawl::context::Digester::fits(call));
  check_told(look_up(registry, call), reason);
}

TEST_CASE("a refused shape is remembered with the reason") {
  Rules rules;
  rules.unsupported[static_cast<std::size_t>(MetricType::set)] = true;
  Registry registry{kRoomy, rules};
  std::vector<std::string> texts;
  for (int i = 0; i < 101; ++i) texts.push_back(std::to_string(i));
  const std::vector<Tag> tags = [&texts] {
    std::vector<Tag> made;
    for (const std::string& text : texts) made.push_back({text, ""});
    return made;
  }();
  check_refused(registry, call_of(MetricType::count, ""), Reject::name);
  check_refused(registry, call_of(MetricType::count, "123"), Reject::name);
  check_refused(registry, call_of(MetricType::count, std::string(201, 'n')), Reject::name);
  check_refused(registry, call_of(MetricType::count, "n", tags), Reject::tags);
  check_refused(registry, call_of(MetricType::set, "n"), Reject::unsupported);
  CHECK(registry.contexts(Kind::counter).size() == 0);
}

TEST_CASE("a call with a piece too long for a shape works without being remembered") {
  Registry registry{kRoomy, {}};
  for (const std::size_t size : std::initializer_list<std::size_t>{256, 65'536, 1 << 20}) {
    const std::string large(size, 'x');
    const std::vector<Tag> tags = {{"k", large}};
    const Answer answer = look_up(registry, call_of(MetricType::count, "n", tags));
    REQUIRE(answer.context != nullptr);
    CHECK(answer.context->tags() == "k:" + std::string(198, 'x'));
    CHECK(times(answer.note.repairs, Repair::tag_cut) == 1);
    CHECK(look_up(registry, call_of(MetricType::count, "n", tags)).context == answer.context);
    CHECK(look_up(registry, call_of(MetricType::count, large)).note.reject == Reject::name);
  }
  CHECK(registry.contexts(Kind::counter).size() == 1);
  CHECK(registry.shapes() == 0);
}

TEST_CASE("the canonical text of a call makes no context") {
  Registry registry{kRoomy, with_prefix("app.")};
  const std::vector<Tag> tags = {{"b", "1"}, {"a", "2"}};
  const auto canonical = registry.canonical(call_of(MetricType::count, "n", tags));
  CHECK_FALSE(canonical.note.refused);
  CHECK(canonical.name == "app.n");
  CHECK(canonical.tags == "a:2,b:1");
  CHECK(registry.contexts(Kind::counter).size() == 0);
  CHECK(registry.bytes() == 0);
}

TEST_CASE("finding a known shape allocates nothing and takes no lock") {
  PAWL_SKIP_UNDER_SANITIZER();
  Registry registry{kRoomy, {}};
  const std::vector<Tag> tags = {{"a", "1"}, {"b", "2"}, {"c", "3"}};
  const Call call = call_of(MetricType::count, "n", tags);
  registry.resolve(call);
  const pawl::test::AllocCounter allocations;
  const pawl::test::LockCounter locks;
  const Known known = shape_of(registry, call);
  CHECK(allocations.allocations() == 0);
  CHECK(locks.locks() == 0);
  CHECK(known.plain());
}

TEST_CASE("shapes are found while the registry is locked for a fork, and made again after it") {
  Registry registry{kRoomy, {}};
  Context* context = count_context(registry, "n");
  registry.lock();
  CHECK(shape_of(registry, call_of(MetricType::count, "n")).context() == context);
  registry.unlock();
  CHECK(count_context(registry, "m") != nullptr);
}

// Resolves a call while each of its allocations in turn fails; gives how many could.
int fail_each_allocation(Registry& registry, const Call& call) {
  for (int failures = 0;; ++failures) {
    const pawl::test::FailingAlloc failing{static_cast<std::uint64_t>(failures) + 1};
    try {
      registry.resolve(call);
    } catch (const std::bad_alloc&) {
      continue;
    }
    if (!failing.happened()) return failures;
  }
}

TEST_CASE("allocations that fail take no room from the contexts to come") {
  PAWL_SKIP_UNDER_SANITIZER();
  Registry registry{{.contexts = 100, .bytes = 8 << 20}, {}};
  int failures = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string value = std::to_string(i) + " is long enough for an allocation of its own";
    const std::vector<Tag> tags = {{"i", value}};
    const Call call = call_of(MetricType::count, "n", tags);
    failures += fail_each_allocation(registry, call);
    REQUIRE(look_up(registry, call).context->tags() == "i:" + value);
  }
  CHECK(failures > 300);
  CHECK(registry.contexts(Kind::counter).size() == 100);
}

}  // namespace
