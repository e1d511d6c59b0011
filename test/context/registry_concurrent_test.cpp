#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "context/look_up.h"
#include "context/registry.h"
#include "support/seed.h"

namespace {

using pawl::MetricType;
using pawl::Repair;
using pawl::Tag;
using pawl::context::Answer;
using pawl::context::Context;
using pawl::context::Directory;
using pawl::context::Kind;
using pawl::context::Registry;
using pawl::test::call_of;
using pawl::test::look_up;
using pawl::test::Random;
using pawl::test::times;

constexpr std::size_t kThreads = 4;
constexpr std::size_t kCalls = 3000;

// What one thread was told for each of the calls, which it made in an order of its own.
using Told = std::vector<Answer>;

Answer ask(Registry& registry, std::size_t number, bool turned) {
  const std::string text = std::to_string(number);
  const std::vector<Tag> tags = {{"a", text}, {"b", "x"}};
  const std::vector<Tag> other = {{"b", "x"}, {"a", text}};
  return look_up(registry, call_of(MetricType::count, "n", turned ? other : tags));
}

Told ask_all(Registry& registry, std::uint64_t thread) {
  Random random{thread};
  std::vector<std::size_t> order(kCalls);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = kCalls; left > 1; --left)
    std::swap(order[left - 1], order[random.below(left)]);
  Told told(kCalls);
  for (const std::size_t number : order) told[number] = ask(registry, number, random.chance(0.5));
  return told;
}

std::array<Told, kThreads> ask_from_all_threads(Registry& registry) {
  std::array<Told, kThreads> told;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&registry, &told, i] { told[i] = ask_all(registry, i + 1); });
  for (std::thread& thread : threads) thread.join();
  return told;
}

TEST_SUITE("concurrent") {
  TEST_CASE("threads that see the same calls first at the same time get the same contexts") {
    PAWL_PRINT_SEED();
    Registry registry{{.contexts = 100'000, .bytes = 64 << 20}, {}};
    const auto told = ask_from_all_threads(registry);
    const Directory& directory = registry.contexts(Kind::counter);
    REQUIRE(directory.size() == kCalls);
    for (std::size_t number = 0; number < kCalls; ++number) {
      const Context* context = told[0][number].context;
      REQUIRE(context != nullptr);
      REQUIRE(context->tags() == "a:" + std::to_string(number) + ",b:x");
      REQUIRE(directory[context->index] == context);
      for (const Told& one : told) REQUIRE(one[number].context == context);
    }
  }

  TEST_CASE("threads that pass the cap together make no context too many and lose no call") {
    PAWL_PRINT_SEED();
    constexpr std::size_t kCap = 500;
    Registry registry{{.contexts = kCap, .bytes = 64 << 20}, {}};
    const auto told = ask_from_all_threads(registry);
    CHECK(registry.contexts(Kind::counter).size() == kCap + 1);
    std::map<const Context*, std::size_t> calls;
    for (const Told& one : told)
      for (const Answer& answer : one) {
        REQUIRE(answer.context != nullptr);
        const bool over = answer.context->tags() == "pawl_overflow:true";
        REQUIRE(times(answer.note.repairs, Repair::context_overflow) == (over ? 1 : 0));
        ++calls[answer.context];
      }
    CHECK(calls.size() == kCap + 1);
    std::size_t total = 0;
    for (const auto& [context, count] : calls) total += count;
    CHECK(total == kThreads * kCalls);
  }

  TEST_CASE("a reader of the directory sees whole contexts while others are made") {
    Registry registry{{.contexts = 100'000, .bytes = 64 << 20}, {}};
    std::atomic<bool> done{false};
    std::size_t broken = 0;
    std::thread reader{[&] {
      const Directory& directory = registry.contexts(Kind::counter);
      while (!done) {
        const std::uint32_t size = directory.size();
        for (std::uint32_t i = size - std::min(size, 100U); i < size; ++i)
          broken += directory[i]->index == i && directory[i]->name() == "n" ? 0U : 1U;
      }
    }};
    ask_from_all_threads(registry);
    done = true;
    reader.join();
    CHECK(broken == 0);
  }

  TEST_CASE("scopes can be added while calls of other scopes are resolved") {
    Registry registry{{.contexts = 100'000, .bytes = 64 << 20}, {}};
    std::thread adder{[&registry] {
      for (int i = 0; i < 300; ++i) registry.add_scope(0, "p" + std::to_string(i), {});
    }};
    ask_all(registry, 1);
    adder.join();
    CHECK(registry.add_scope(0, "p299", {}) == 300);
  }
}

}  // namespace
