#include "aggregate/sets.h"

#include <map>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::aggregate::Budget;
using pawl::aggregate::Sets;
using pawl::test::Random;

using Held = std::map<std::pair<std::uint32_t, std::string>, std::uint64_t>;

// Gives the calls of each member; a member given twice is a failure.
Held take_from(Sets& sets) {
  Held held;
  for (const Sets::Member& member : sets.take())
    REQUIRE(held.emplace(std::pair{member.index, member.text}, member.calls).second);
  return held;
}

std::size_t left_in(Budget& budget) {
  std::size_t left = 0;
  while (budget.take(1)) ++left;
  budget.give_back(left);
  return left;
}

TEST_CASE("a set gives each member once, with the number of its calls") {
  Budget budget{10'000};
  Sets sets{budget};
  for (const char* member : {"a", "b", "a", "", "a"}) CHECK(sets.insert(1, member));
  CHECK(sets.insert(17, "a"));  // shares its mutex with 1
  CHECK(sets.insert(2, "a"));
  CHECK(sets.waiting() == 7);
  CHECK(take_from(sets) ==
        Held{{{1, "a"}, 3}, {{1, "b"}, 1}, {{1, ""}, 1}, {{17, "a"}, 1}, {{2, "a"}, 1}});
}

TEST_CASE("members of one context are given together") {
  Budget budget{1'000'000};
  Sets sets{budget};
  for (int i = 0; i < 1000; ++i) sets.insert(static_cast<std::uint32_t>(i % 50), std::to_string(i));
  std::set<std::uint32_t> finished;
  std::uint32_t last = 1000;
  for (const Sets::Member& member : sets.take())
    if (std::exchange(last, member.index) != member.index)
      CHECK(finished.insert(member.index).second);
  CHECK(finished.size() == 50);
}

TEST_CASE("sets that were taken are empty, and the budget is whole") {
  Budget budget{10'000};
  Sets sets{budget};
  for (int i = 0; i < 50; ++i) sets.insert(static_cast<std::uint32_t>(i), "member");
  CHECK(left_in(budget) < 10'000);
  CHECK(sets.take().size() == 50);
  CHECK(left_in(budget) == 10'000);
  CHECK(sets.waiting() == 0);
  CHECK(sets.take().empty());
  CHECK(sets.insert(1, "member"));
  CHECK(sets.take().size() == 1);
}

TEST_CASE("cleared sets are empty, and the budget is whole") {
  Budget budget{10'000};
  Sets sets{budget};
  for (int i = 0; i < 50; ++i) sets.insert(static_cast<std::uint32_t>(i), "member");
  sets.clear();
  CHECK(left_in(budget) == 10'000);
  CHECK(sets.waiting() == 0);
  CHECK(sets.take().empty());
}

TEST_CASE("a new member beyond the budget is refused, a known one is counted") {
  Budget budget{300};
  Sets sets{budget};
  REQUIRE(sets.insert(1, "known"));
  std::uint64_t members = 1;
  while (sets.insert(1, "new " + std::to_string(members))) ++members;
  CHECK(members > 1);
  CHECK(members < 5);
  CHECK(sets.insert(1, "known"));
  CHECK_FALSE(sets.insert(1, std::string(1000, 'x')));
  CHECK_FALSE(sets.insert(2, "elsewhere, with a text that has no room"));
  CHECK(sets.waiting() == members + 1);
  const Held held = take_from(sets);
  CHECK(held.size() == members);
  CHECK(held.at({1, "known"}) == 2);
}

TEST_CASE("taking that finds no memory loses nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  Budget budget{10'000};
  Sets sets{budget};
  for (int i = 0; i < 20; ++i) sets.insert(static_cast<std::uint32_t>(i % 3), std::to_string(i));
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_THROWS_AS(sets.take(), std::bad_alloc);
  }
  CHECK(sets.waiting() == 20);
  CHECK(sets.take().size() == 20);
}

TEST_CASE("an insertion that finds no memory counts nothing, and the budget is whole after it") {
  PAWL_SKIP_UNDER_SANITIZER();
  const std::string text = "a member whose text needs an allocation of its own";
  int failures = 0;
  for (std::uint64_t nth = 1; nth < 10; ++nth) {
    Budget budget{10'000};
    Sets sets{budget};
    std::uint64_t inserted = 0;
    try {
      const pawl::test::FailingAlloc failing{nth};
      inserted += sets.insert(1, text) ? 1U : 0U;
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    REQUIRE(sets.waiting() == inserted);
    REQUIRE(sets.take().size() == inserted);
    REQUIRE(left_in(budget) == 10'000);
  }
  CHECK(failures > 2);
}

TEST_SUITE("concurrent") {
  TEST_CASE("the union of what threads insert is taken whole, while it is taken in parts") {
    PAWL_PRINT_SEED();
    Budget budget{64 << 20};
    Sets sets{budget};
    std::vector<std::thread> threads;
    std::atomic<int> running{4};
    for (std::uint64_t i = 1; i <= 4; ++i)
      threads.emplace_back([&, i] {
        Random random{i};
        for (int round = 0; round < 5000; ++round)
          sets.insert(static_cast<std::uint32_t>(random.below(20)),
                      std::to_string(random.below(200)));
        --running;
      });
    Held all;
    const auto take = [&] {
      for (const auto& [member, calls] : take_from(sets)) all[member] += calls;
    };
    while (running > 0) take();
    for (std::thread& thread : threads) thread.join();
    take();
    std::uint64_t calls = 0;
    for (const auto& [member, count] : all) calls += count;
    CHECK(calls == 4 * 5000);
    CHECK(all.size() > 3500);  // of 4,000 possible, five calls each
    CHECK(all.size() <= 4000);
    CHECK(sets.waiting() == 0);
    CHECK(budget.take(64 << 20));
  }
}

}  // namespace
