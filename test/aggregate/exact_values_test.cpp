#include "aggregate/exact_values.h"

#include <algorithm>
#include <map>
#include <new>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::aggregate::ExactValues;
using pawl::aggregate::ValueCount;
using pawl::test::Random;

void add(ExactValues& values, double value) {
  values.reserve(1);
  values.add(value);
}

std::vector<ValueCount> sorted(ExactValues& values) {
  const auto all = values.sorted();
  return {all.begin(), all.end()};
}

TEST_CASE("equal values are counted together, in rising order") {
  ExactValues values;
  for (const double value : {3.0, -1.0, 3.0, 2.5, 3.0, -1.0}) add(values, value);
  CHECK(sorted(values) == std::vector<ValueCount>{{-1.0, 2}, {2.5, 1}, {3.0, 3}});
  add(values, 2.5);
  CHECK(sorted(values) == std::vector<ValueCount>{{-1.0, 2}, {2.5, 2}, {3.0, 3}});
  CHECK(values.count() == 7);
}

TEST_CASE("many values are counted as a map counts them") {
  PAWL_PRINT_SEED();
  Random random;
  for (const std::size_t different : {1U, 10U, 1'000U, 100'000U}) {
    ExactValues values;
    std::map<double, std::uint64_t> expected;
    for (int i = 0; i < 20'000; ++i) {
      const double value = static_cast<double>(random.below(different)) / 7.0;
      add(values, value);
      ++expected[value];
    }
    std::map<double, std::uint64_t> visited;
    values.each([&](const ValueCount& one) { visited[one.value] += one.count; });
    CHECK(visited == expected);
    const auto got = sorted(values);
    CHECK(got.size() == expected.size());
    CHECK(std::equal(got.begin(), got.end(), expected.begin(), [](const auto& a, const auto& b) {
      return a.value == b.first && a.count == b.second;
    }));
  }
}

TEST_CASE("few different values take little memory however often they come") {
  ExactValues values;
  for (int i = 0; i < 1'000'000; ++i) add(values, i % 100);
  CHECK(values.count() == 1'000'000);
  CHECK(values.capacity_bytes() < 10'000);
}

TEST_CASE("sorting that finds no memory changes nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  ExactValues values;
  for (const double value : {2.0, 1.0, 2.0}) add(values, value);
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_THROWS_AS(values.sorted(), std::bad_alloc);
  }
  CHECK(sorted(values) == std::vector<ValueCount>{{1.0, 1}, {2.0, 2}});
}

TEST_CASE("cleared values are gone") {
  ExactValues values;
  add(values, 1.0);
  CHECK(values.sorted().size() == 1);
  add(values, 2.0);
  values.clear();
  CHECK(values.empty());
  CHECK(values.sorted().empty());
  CHECK(values.bytes() == 0);
}

}  // namespace
