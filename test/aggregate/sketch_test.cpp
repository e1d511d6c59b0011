#include "aggregate/sketch.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <new>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::aggregate::kNormMin;
using pawl::aggregate::place_of;
using pawl::aggregate::Sketch;
using pawl::aggregate::ValueCount;
using pawl::test::Random;
using Values = std::vector<double>;

void add(Sketch& sketch, std::span<const double> values) {
  while (!values.empty()) {
    const auto batch = values.first(std::min(values.size(), Sketch::kBatch));
    sketch.add(batch);
    values = values.subspan(batch.size());
  }
}

std::map<std::int32_t, std::uint64_t> bins_of(const Sketch& sketch) {
  std::map<std::int32_t, std::uint64_t> bins;
  sketch.each_bin([&](const Sketch::Bin& bin) { bins[bin.key] += bin.count; });
  return bins;
}

using Exact = std::vector<ValueCount>;
Exact exact_of(Sketch& sketch) {
  sketch.exact().sort();
  Exact exact;
  sketch.exact().each([&exact](const ValueCount& one) { exact.push_back(one); });
  return exact;
}

// Sums of four uniform numbers are near enough to what latencies look like on a logarithmic scale.
double latency(Random& random) {
  return 120 * std::exp(random.real() + random.real() + random.real() + random.real() - 2);
}

TEST_CASE("a sum beyond the largest number is infinite, and a number") {
  pawl::aggregate::ExactSum sum;
  for (int i = 0; i < 3; ++i) sum.add(1e308);
  CHECK(sum.value() == HUGE_VAL);
}

TEST_CASE("each sample is in the bin of its key, and counted in the totals") {
  PAWL_PRINT_SEED();
  Random random;
  Sketch sketch;
  Values values;
  std::map<std::int32_t, std::uint64_t> expected;
  long double sum = 0;
  for (int i = 0; i < 30'000; ++i) {
    const double sign = random.chance(0.3) ? -1 : 1;
    values.push_back(random.chance(0.05) ? 0.0 : sign * latency(random));
    ++expected[place_of(values.back()).key];
    sum += values.back();
  }
  add(sketch, values);
  CHECK(bins_of(sketch) == expected);
  CHECK(sketch.binned() == values.size());
  CHECK(sketch.min() == *std::min_element(values.begin(), values.end()));
  CHECK(sketch.max() == *std::max_element(values.begin(), values.end()));
  CHECK(std::abs(static_cast<double>(sum - static_cast<long double>(sketch.total().value()))) <
        1e-15 * 30'000 * 120);
}

TEST_CASE("a total stays good to the last digits over millions of samples") {
  Sketch sketch;
  const Values batch(Sketch::kBatch, 0.1);
  for (int i = 0; i < 20'000; ++i) sketch.add(batch);
  const double expected = 0.1 * static_cast<double>(sketch.binned());
  CHECK(std::abs(sketch.total().value() - expected) < 1e-14 * expected);
}

TEST_CASE("values at the end of a bin are kept as they are") {
  const auto end = static_cast<double>(std::exp(100.5L * std::log1p(1.0L / 64)));
  Sketch sketch;
  sketch.add(Values{1.0, end, 2.0, end, kNormMin, std::nextafter(end, 0.0)});
  const Exact exact = exact_of(sketch);
  REQUIRE(exact.size() == 3);
  CHECK(exact[0] == ValueCount{kNormMin, 1});
  CHECK(exact[1] == ValueCount{std::nextafter(end, 0.0), 1});
  CHECK(exact[2] == ValueCount{end, 2});
  CHECK(sketch.binned() == 2);
  CHECK(sketch.max() == 2.0);
  CHECK(sketch.count() == 6);
}

TEST_CASE("where such values stand among others, all of a batch are counted once") {
  PAWL_PRINT_SEED();
  Random random;
  const auto end = static_cast<double>(std::exp(100.5L * std::log1p(1.0L / 64)));
  Sketch sketch;
  std::map<std::int32_t, std::uint64_t> expected;
  for (std::size_t at = 0; at < Sketch::kBatch; ++at) {
    Values batch;
    for (std::size_t i = 0; i < Sketch::kBatch; ++i) batch.push_back(latency(random));
    batch[at] = end;
    sketch.add(batch);
    for (const double value : batch) expected[place_of(value).key] += value == end ? 0 : 1;
  }
  std::erase_if(expected, [](const auto& bin) { return bin.second == 0; });
  CHECK(bins_of(sketch) == expected);
  CHECK(sketch.exact().count() == Sketch::kBatch);
  CHECK(sketch.count() == Sketch::kBatch * Sketch::kBatch);
}

TEST_CASE("only such values are no bins at all") {
  Sketch sketch;
  sketch.add(Values{1e300, -1e300, 1e300});
  CHECK(bins_of(sketch).empty());
  CHECK(exact_of(sketch).size() == 2);
}

TEST_CASE("a sketch of a hundred latencies takes less than 2 KB, and ten million not much more") {
  PAWL_PRINT_SEED();
  Random random;
  Sketch sketch;
  Values values;
  for (int i = 0; i < 100; ++i) values.push_back(latency(random));
  add(sketch, values);
  CHECK(sketch.bytes() < 2'000);
  while (values.size() < Sketch::kBatch) values.push_back(latency(random));
  for (int i = 0; i < 40'000; ++i) {
    values[random.below(values.size())] = latency(random);
    sketch.add(values);
  }
  CHECK(sketch.count() == 40'000 * Sketch::kBatch + 100);
  CHECK(sketch.bytes() < 2'500);
}

TEST_CASE("far values take chunks where they are, and none between") {
  Sketch sketch;
  sketch.add(Values{1e-6, 1e6, -1e6, 0.0});
  CHECK(bins_of(sketch).size() == 4);
  CHECK(sketch.bytes() < 1'500);
}

TEST_CASE("an addition that finds no memory adds nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  const auto end = static_cast<double>(std::exp(100.5L * std::log1p(1.0L / 64)));
  const Values values = {1.0, 50.0, end, 1e6, -3.0};
  int failures = 0;
  for (std::uint64_t nth = 1; nth < 12; ++nth) {
    Sketch sketch;
    sketch.add(Values{7.0});
    try {
      const pawl::test::FailingAlloc failing{nth};
      sketch.add(values);
    } catch (const std::bad_alloc&) {
      ++failures;
      REQUIRE(sketch.count() == 1);
      REQUIRE(bins_of(sketch).size() == 1);
      sketch.add(values);
    }
    REQUIRE(sketch.count() == 6);
    REQUIRE(sketch.exact().count() == 1);
    REQUIRE(bins_of(sketch).size() == 5);
  }
  CHECK(failures > 2);
}

TEST_CASE("a cleared sketch is empty and needs no new memory for the same again") {
  PAWL_SKIP_UNDER_SANITIZER();
  Sketch sketch;
  const Values values = {1.0, 50.0, 1e6, -3.0};
  sketch.add(values);
  sketch.clear();
  CHECK(sketch.count() == 0);
  CHECK(bins_of(sketch).empty());
  const pawl::test::AllocCounter allocations;
  sketch.add(values);
  CHECK(allocations.allocations() == 0);
  CHECK(sketch.max() == 1e6);
}

}  // namespace
