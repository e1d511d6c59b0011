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
  values.sort();
  std::vector<ValueCount> all;
  values.each([&all](const ValueCount& one) { all.push_back(one); });
  return all;
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
  CHECK(values.bytes() < 10'000);
}

TEST_CASE("sorting that finds no memory changes nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  ExactValues values;
  for (const double value : {2.0, 1.0, 2.0}) add(values, value);
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_THROWS_AS(values.sort(), std::bad_alloc);
  }
  CHECK(sorted(values) == std::vector<ValueCount>{{1.0, 1}, {2.0, 2}});
}

// Vectors that grow would take twice as much, and a second row to merge into as much again.
TEST_CASE("many different values take little more than 16 bytes each while they are sorted, too") {
  PAWL_SKIP_UNDER_SANITIZER();
  constexpr std::size_t kValues = 300'000;
  PAWL_PRINT_SEED();
  Random random;
  const pawl::test::PeakAlloc peak;
  ExactValues values;
  for (std::size_t i = 0; i < kValues; ++i) add(values, random.real());
  values.sort();
  CHECK(values.different() > kValues - 10);
  CHECK(values.bytes() <= peak.bytes());
  CHECK(peak.bytes() < 22 * kValues);
  CHECK(peak.bytes() < values.bytes() + values.bytes() / 5);
}

TEST_CASE("cleared values are gone, and their room is used again") {
  PAWL_SKIP_UNDER_SANITIZER();
  ExactValues values;
  const auto fill = [&values] {
    for (int i = 0; i < 1'000; ++i) add(values, i);
    values.sort();
  };
  fill();
  values.clear();
  CHECK(values.empty());
  CHECK(sorted(values).empty());
  const pawl::test::AllocCounter allocations;
  fill();
  CHECK(allocations.allocations() == 0);
}

}  // namespace
