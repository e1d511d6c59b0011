#include "aggregate/budget.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::aggregate::Budget;

TEST_CASE("a budget can be used up to its last byte and no further") {
  Budget budget{100};
  CHECK(budget.take(60));
  CHECK_FALSE(budget.take(41));
  CHECK(budget.take(40));
  CHECK_FALSE(budget.take(1));
  CHECK(budget.take(0));
}

TEST_CASE("what is given back can be taken again") {
  Budget budget{100};
  REQUIRE(budget.take(100));
  budget.give_back(30);
  CHECK_FALSE(budget.take(31));
  CHECK(budget.take(30));
}

TEST_CASE("more than half of a budget is noticed") {
  Budget budget{100};
  CHECK_FALSE(budget.half_used());
  REQUIRE(budget.take(50));
  CHECK_FALSE(budget.half_used());
  REQUIRE(budget.take(1));
  CHECK(budget.half_used());
  budget.give_back(1);
  CHECK_FALSE(budget.half_used());
}

TEST_SUITE("concurrent") {
  TEST_CASE("a budget that threads take from and give back to is whole at the end") {
    constexpr std::size_t kLimit = 1000;
    Budget budget{kLimit};
    std::vector<std::thread> threads;
    for (std::uint64_t i = 1; i <= 4; ++i)
      threads.emplace_back([&budget, i] {
        pawl::test::Random random{i};
        for (int round = 0; round < 20'000; ++round) {
          const std::size_t bytes = random.below(600);
          if (budget.take(bytes)) budget.give_back(bytes);
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK(budget.take(kLimit));
    CHECK_FALSE(budget.take(1));
  }
}

}  // namespace
