#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "context/look_up.h"
#include "context/registry.h"

namespace {

using pawl::MetricType;
using pawl::Reject;
using pawl::Repair;
using pawl::Tag;
using pawl::context::Answer;
using pawl::context::Context;
using pawl::context::Kind;
using pawl::context::Limits;
using pawl::context::Registry;
using pawl::test::call_of;
using pawl::test::look_up;
using pawl::test::shape_of;
using pawl::test::times;

constexpr std::size_t kRoomyBytes = 64 << 20;

Answer numbered(Registry& registry, MetricType type, std::string_view name, int number) {
  const std::string value = std::to_string(number);
  const std::vector<Tag> tags = {{"number", value}};
  return look_up(registry, call_of(type, name, tags));
}

TEST_CASE("beyond the cap a call goes to its name's overflow context and is counted there") {
  Registry registry{{.contexts = 16, .bytes = kRoomyBytes}, {}};
  std::map<const Context*, std::int64_t> sums;
  int overflowed = 0;
  for (int round = 0; round < 3; ++round)
    for (int i = 0; i < 100; ++i) {
      const Answer answer = numbered(registry, MetricType::count, "n", i);
      REQUIRE(answer.context != nullptr);
      sums[answer.context] += i;
      const bool over = i >= 16;
      REQUIRE(times(answer.note.repairs, Repair::context_overflow) == (over ? 1 : 0));
      REQUIRE((answer.context->tags() == "pawl_overflow:true") == over);
      overflowed += over ? 1 : 0;
    }
  CHECK(overflowed == 3 * 84);
  CHECK(sums.size() == 17);
  std::int64_t total = 0;
  for (const auto& [context, sum] : sums) {
    CHECK(context->name() == "n");
    total += sum;
    if (context->tags() == "pawl_overflow:true") CHECK(sum == 3 * (4950 - 120));
  }
  CHECK(total == 3 * 4950);
}

TEST_CASE("a call that overflows is not remembered, those known before are") {
  Registry registry{{.contexts = 1, .bytes = kRoomyBytes}, {}};
  numbered(registry, MetricType::count, "n", 0);
  numbered(registry, MetricType::count, "n", 1);
  CHECK(registry.shapes() == 1);
  CHECK(numbered(registry, MetricType::count, "n", 0).context->tags() == "number:0");
}

TEST_CASE("beyond the cap a gauge is refused and a known one is kept") {
  Registry registry{{.contexts = 1, .bytes = kRoomyBytes}, {}};
  const Answer known = numbered(registry, MetricType::gauge, "n", 0);
  REQUIRE(known.context != nullptr);
  const Answer answer = numbered(registry, MetricType::gauge, "n", 1);
  CHECK(answer.context == nullptr);
  CHECK(answer.note.reject == Reject::context_limit);
  CHECK(times(answer.note.repairs, Repair::context_overflow) == 0);
  CHECK(numbered(registry, MetricType::gauge, "n", 0).context == known.context);
}

TEST_CASE("each type overflows on its own") {
  Registry registry{{.contexts = 0, .bytes = kRoomyBytes}, {}};
  for (const MetricType type : {MetricType::count,
                                MetricType::histogram,
                                MetricType::distribution,
                                MetricType::timing,
                                MetricType::set}) {
    const Answer answer = numbered(registry, type, "n", 1);
    REQUIRE(answer.context != nullptr);
    CHECK(answer.context->type == type);
    CHECK(answer.context == numbered(registry, type, "n", 2).context);
  }
}

TEST_CASE("beyond 1,024 overflowing names all go to one") {
  Registry registry{{.contexts = 0, .bytes = kRoomyBytes}, {}};
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "n" + std::to_string(i);
    const Answer answer = numbered(registry, MetricType::count, name, i);
    REQUIRE(answer.context != nullptr);
    REQUIRE(answer.context->name() == (i < 1024 ? name : "pawl.overflow"));
    REQUIRE(answer.context->tags() == "pawl_overflow:true");
    REQUIRE(times(answer.note.repairs, Repair::context_overflow) == 1);
  }
  CHECK(registry.contexts(Kind::counter).size() == 1025);
  CHECK(numbered(registry, MetricType::set, "other", 1).context->name() == "pawl.overflow");
  CHECK(numbered(registry, MetricType::count, "n7", 8).context->name() == "n7");
}

TEST_CASE("a program's own metric of the overflow's name is under the cap too") {
  Registry registry{{.contexts = 16, .bytes = kRoomyBytes}, {}};
  for (int i = 0; i < 100; ++i)
    REQUIRE(numbered(registry, MetricType::count, "pawl.overflow", i).context != nullptr);
  CHECK(registry.contexts(Kind::counter).size() == 17);
  for (int i = 0; i < 100; ++i) numbered(registry, MetricType::gauge, "pawl.overflow", i);
  CHECK(registry.contexts(Kind::gauge).size() == 0);
}

TEST_CASE("the cap on bytes overflows as that on contexts does") {
  constexpr std::size_t kBytes = 20'000;
  Registry registry{{.contexts = 1'000'000, .bytes = kBytes}, {}};
  int regular = 0;
  for (int i = 0; i < 1000; ++i) {
    const Answer answer = numbered(registry, MetricType::count, "n", i);
    REQUIRE(answer.context != nullptr);
    regular += times(answer.note.repairs, Repair::context_overflow) == 0 ? 1 : 0;
  }
  CHECK(regular > 40);
  CHECK(regular < 200);
  const std::size_t overflow_context = sizeof(Context) + 200;
  CHECK(registry.bytes() <= kBytes + overflow_context);
  CHECK(registry.bytes() > kBytes / 2);
}

TEST_CASE("shapes take at most half of the bytes and leave the rest to contexts") {
  constexpr std::size_t kBytes = 40'000;
  pawl::context::Rules rules;
  rules.policy = pawl::tags::Policy{{.allowed_keys = std::vector<std::string>{}}};
  Registry registry{{.contexts = 1'000'000, .bytes = kBytes}, rules};
  // One context, since the policy lets no tag pass; but a shape for each value.
  for (int i = 0; i < 5000; ++i)
    REQUIRE(numbered(registry, MetricType::count, "n", i).context->tags().empty());
  CHECK(registry.contexts(Kind::counter).size() == 1);
  CHECK(registry.bytes() <= kBytes / 2 + sizeof(Context) + 200);
  CHECK(registry.shapes() > 50);
  const std::size_t shapes = registry.shapes();
  const Answer other = numbered(registry, MetricType::count, "other", 1);
  CHECK(other.context->name() == "other");
  CHECK(registry.shapes() == shapes);
}

}  // namespace
