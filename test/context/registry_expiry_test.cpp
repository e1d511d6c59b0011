#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "context/look_up.h"
#include "context/registry.h"
#include "support/alloc_counter.h"

namespace {

using pawl::MetricType;
using pawl::Tag;
using pawl::context::Answer;
using pawl::context::Call;
using pawl::context::Context;
using pawl::context::Kind;
using pawl::context::Registry;
using pawl::test::call_of;
using pawl::test::FailingAlloc;
using pawl::test::look_up;
using pawl::test::shape_of;

constexpr pawl::context::Limits kRoomy{.contexts = 10'000, .bytes = 8 << 20};

Context* counted(Registry& registry, std::string_view name) {
  return look_up(registry, call_of(MetricType::count, name)).context;
}

TEST_CASE("an idle context expires, and one that was active since stays") {
  Registry registry{kRoomy, {}};
  counted(registry, "idle");
  Context* active = counted(registry, "active");
  active->active_at = 100;
  registry.retire(50, 100);
  CHECK(registry.has_retired());
  CHECK(shape_of(registry, call_of(MetricType::count, "idle")).is_new());
  CHECK(shape_of(registry, call_of(MetricType::count, "active")).context() == active);
  CHECK(registry.shapes() == 1);
  registry.free_retired();
  CHECK_FALSE(registry.has_retired());
  CHECK(registry.contexts_by_type()[0] == 1);
  CHECK(registry.contexts(Kind::counter)[0] == nullptr);
}

TEST_CASE("a context is as old as the flush before its making") {
  Registry registry{kRoomy, {}};
  registry.retire(0, 70);
  counted(registry, "n");
  registry.retire(70, 80);
  CHECK_FALSE(registry.has_retired());
  registry.retire(71, 90);
  CHECK(registry.has_retired());
}

TEST_CASE("an expired context stays until it is freed, for the call that has found it") {
  Registry registry{kRoomy, {}};
  Context* old = counted(registry, "n");
  registry.retire(1, 1);
  CHECK(old->expired);
  CHECK(registry.contexts(Kind::counter)[old->index] == old);
  Context* successor = counted(registry, "n");
  CHECK(successor != old);
  CHECK(successor->index != old->index);
  CHECK(old->name() == "n");
}

TEST_CASE("a freed context's number, room and bytes are the next one's") {
  Registry registry{{.contexts = 1, .bytes = 8 << 20}, {}};
  Context* context = counted(registry, "a");
  context->sent = {.calls = 3, .sum = 30};
  const std::size_t bytes = registry.bytes();
  registry.retire(1, 1);
  registry.free_retired();
  CHECK(registry.bytes() < bytes);
  const Context* next = counted(registry, "b");
  REQUIRE(next != nullptr);
  CHECK(next->name() == "b");
  CHECK(next->index == 0);
  CHECK(next->sent.calls == 3);
  CHECK(next->sent.sum == 30);
}

TEST_CASE("a gauge begins with nothing sent, whatever its predecessor had sent") {
  Registry registry{kRoomy, {}};
  look_up(registry, call_of(MetricType::gauge, "a")).context->sent.calls = 9;
  registry.retire(1, 1);
  registry.free_retired();
  CHECK(look_up(registry, call_of(MetricType::gauge, "b")).context->sent.calls == 0);
}

TEST_CASE("a held context never expires") {
  Registry registry{kRoomy, {}};
  const Answer held = registry.hold(call_of(MetricType::count, "n"));
  registry.retire(1'000, 1'000);
  CHECK_FALSE(registry.has_retired());
  CHECK(counted(registry, "n") == held.context);
}

TEST_CASE("the overflow contexts never expire") {
  Registry registry{{.contexts = 0, .bytes = 8 << 20}, {}};
  const Context* overflow = counted(registry, "n");
  registry.retire(1'000, 1'000);
  CHECK_FALSE(registry.has_retired());
  CHECK(counted(registry, "n") == overflow);
}

TEST_CASE("a shape that is made for a context that has expired meanwhile is not remembered") {
  Registry registry{kRoomy, {}};
  Context* context = counted(registry, "n");
  context->expired = true;  // as if another thread had come between finding and remembering
  const std::vector<Tag> turned = {{"", ""}};
  const Answer answer = registry.resolve(call_of(MetricType::count, "n", turned));
  CHECK(answer.context == context);
  CHECK(shape_of(registry, call_of(MetricType::count, "n", turned)).is_new());
}

TEST_CASE("nothing is retired while what was is not freed") {
  Registry registry{kRoomy, {}};
  counted(registry, "a");
  registry.retire(1, 1);
  const Context* later = counted(registry, "b");
  registry.retire(10, 10);
  CHECK_FALSE(later->expired);
  registry.free_retired();
  registry.retire(10, 10);
  CHECK(later->expired);
}

TEST_CASE("shapes that fill their memory are forgotten, and remembered again when they are seen") {
  constexpr std::size_t kBytes = 40'000;
  pawl::context::Rules rules;
  rules.policy = pawl::tags::Policy{{.allowed_keys = std::vector<std::string>{}}};
  Registry registry{{.contexts = 1'000'000, .bytes = kBytes}, rules};
  const auto call = [&registry](int i) {
    const std::string value = std::to_string(i);
    const std::vector<Tag> tags = {{"user", value}};
    return look_up(registry, call_of(MetricType::count, "n", tags)).context;
  };
  const Context* context = call(0);
  for (int i = 0; i < 5000; ++i) call(i);
  const std::size_t most = registry.shapes();
  CHECK(most < 2000);
  registry.retire(0, 1);
  CHECK(registry.shapes() == 0);
  registry.free_retired();
  CHECK(call(4999) == context);
  CHECK(registry.shapes() == 1);
  for (int i = 0; i < 5000; ++i) call(i);
  CHECK(registry.shapes() == most);
  CHECK(registry.bytes() <= kBytes);
}

TEST_CASE("retiring and freeing survive each allocation that fails") {
  PAWL_SKIP_UNDER_SANITIZER();
  Registry registry{kRoomy, {}};
  for (std::uint32_t round = 0; round < 40; ++round) {
    for (int i = 0; i < 200; ++i) counted(registry, "n" + std::to_string(i));
    const FailingAlloc failing{round + 1};
    try {
      registry.retire(round + 1, round + 1);
      registry.free_retired();
    } catch (const std::bad_alloc&) {
    }
  }
  for (int i = 0; i < 2; ++i) {
    registry.free_retired();
    registry.retire(1'000, 1'000);
  }
  registry.free_retired();
  CHECK(registry.contexts_by_type()[0] == 0);
  CHECK(registry.shapes() == 0);
  CHECK(counted(registry, "n")->name() == "n");
}

// Calls with two refused keys each, in so many pairs that their notes do not suffice.
void call_with_pairs_of_keys(Registry& registry) {
  for (int i = 0; i < 60; ++i)
    for (int j = 0; j < i; ++j) {
      const std::string one = "k" + std::to_string(i);
      const std::string other = "k" + std::to_string(j);
      const std::vector<Tag> tags = {{one, "v"}, {other, "v"}};
      look_up(registry, call_of(MetricType::count, "n", tags));
    }
}

TEST_CASE("notes that do not suffice turn over, and shapes that have none stay") {
  pawl::context::Rules rules;
  rules.policy = pawl::tags::Policy{{.allowed_keys = {{"good"}}}};
  Registry registry{kRoomy, rules};
  const std::vector<Tag> good = {{"good", "v"}};
  const Call plain = call_of(MetricType::count, "n", good);
  const Context* context = look_up(registry, plain).context;
  call_with_pairs_of_keys(registry);
  REQUIRE(registry.wants_turn());
  CHECK(registry.shapes() == pawl::context::Notes::kMost);
  registry.turn({});
  CHECK(registry.has_retired());
  CHECK_FALSE(registry.wants_turn());
  CHECK(registry.shapes() == 1);
  CHECK(shape_of(registry, plain).context() == context);
  const std::vector<Tag> late = {{"late", "v"}};
  look_up(registry, call_of(MetricType::count, "n", late));
  CHECK(shape_of(registry, call_of(MetricType::count, "n", late)).context() != nullptr);
}

TEST_CASE("a million contexts come and go within the caps") {
  constexpr std::size_t kCap = 50'000;
  Registry registry{{.contexts = kCap, .bytes = 64 << 20}, {}};
  std::uint64_t regular = 0;
  for (std::uint32_t round = 1; round <= 20; ++round) {
    for (std::size_t i = 0; i < kCap; ++i) {
      const std::string value = std::to_string(round) + "-" + std::to_string(i);
      const std::vector<Tag> tags = {{"request", value}};
      const Answer answer = look_up(registry, call_of(MetricType::count, "n", tags));
      regular += answer.context->tags() == "request:" + value ? 1U : 0U;
    }
    registry.retire(round + 1, round + 1);
    registry.free_retired();
  }
  CHECK(regular == 20 * kCap);
  CHECK(registry.contexts(Kind::counter).size() == kCap);
  CHECK(registry.contexts_by_type()[0] == 0);
}

}  // namespace
