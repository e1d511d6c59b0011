#include "aggregate/samples.h"

#include <algorithm>
#include <ctime>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::aggregate::Budget;
using pawl::aggregate::Folding;
using pawl::aggregate::Samples;
using pawl::detail::Sample;
using pawl::test::Random;
using Values = std::vector<double>;

constexpr std::size_t kBytesEach = 16;

std::vector<Sample> some(std::size_t count) {
  std::vector<Sample> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back({static_cast<std::uint32_t>(i % 7), 1.0F, static_cast<double>(i)});
  return made;
}

// Tells how many bytes can still be taken, and leaves them there.
std::size_t left_in(Budget& budget) {
  std::size_t left = 0;
  while (budget.take(1)) ++left;
  budget.give_back(left);
  return left;
}

TEST_CASE("samples are kept by context, in the order in which they came") {
  Budget budget{10'000};
  Samples samples{budget};
  const std::vector<Sample> added = {{5, 1, 1.5}, {2, 1, -1}, {5, 1, 1.5}, {900, 1, 0}, {2, 1, 7}};
  REQUIRE(samples.add(added));
  const auto series = samples.series();
  REQUIRE(series.size() == 3);
  CHECK(series[0].index == 5);
  CHECK(series[0].values == Values{1.5, 1.5});
  CHECK(series[1].index == 2);
  CHECK(series[1].values == Values{-1, 7});
  CHECK(series[2].index == 900);
  CHECK(samples.size() == 5);
  CHECK(samples.refused() == 0);
}

TEST_CASE("samples of one context that were recorded with other rates are kept apart") {
  Budget budget{10'000};
  Samples samples{budget};
  const std::vector<Sample> added = {
      {1, 1.0F, 1}, {1, 0.5F, 2}, {1, 0.25F, 3}, {1, 0.5F, 4}, {1, 1.0F, 5}, {1, 0.25F, 6}};
  REQUIRE(samples.add(added));
  const auto series = samples.series();
  REQUIRE(series.size() == 3);
  CHECK(series[0].rate == 1.0F);
  CHECK(series[0].values == Values{1, 5});
  CHECK(series[1].rate == 0.5F);
  CHECK(series[1].values == Values{2, 4});
  CHECK(series[2].rate == 0.25F);
  CHECK(series[2].values == Values{3, 6});
}

// One sample with each of so many rates.
std::vector<Sample> with_rates(std::size_t count) {
  std::vector<Sample> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back({1, 1.0F / (1.5F + static_cast<float>(i)), static_cast<double>(i)});
  return made;
}

TEST_CASE("each of very many rates finds its samples again, among those of other contexts") {
  Budget budget{100'000'000};
  Samples samples{budget};
  constexpr std::size_t kRates = 20'000;
  const auto added = with_rates(kRates);
  for (int round = 0; round < 3; ++round) {
    REQUIRE(samples.add(added));
    REQUIRE(samples.add(some(70)));
  }
  CHECK(samples.size() == 3 * (kRates + 70));
  CHECK(samples.series().size() == kRates + 7);
  std::size_t visited = 0;
  samples.each_of(1, [&](const Samples::Series& series) {
    ++visited;
    CHECK(series.index == 1);
    if (series.rate == 1.0F) return;
    REQUIRE(series.values.size() == 3);
    const double value = series.values[0];
    REQUIRE(series.rate == added[static_cast<std::size_t>(value)].rate);
    REQUIRE(series.values == Values(3, value));
  });
  CHECK(visited == kRates + 1);
  samples.clear();
  CHECK(samples.series().empty());
  REQUIRE(samples.add(added));
  CHECK(samples.series().size() == kRates);
}

// Gives the seconds that one of some rounds takes at the least.
double seconds_of(std::size_t rates) {
  const auto added = with_rates(rates);
  double least = 1e9;
  for (int round = 0; round < 5; ++round) {
    Budget budget{100'000'000};
    Samples samples{budget};
    const std::clock_t start = std::clock();
    for (int i = 0; i < 4; ++i) REQUIRE(samples.add(added));
    least = std::min(least, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return least;
}

// A walk over the rates would take 256 times as long.
TEST_CASE("a sample finds its series as fast among very many rates as among few") {
  CHECK(seconds_of(32'000) < 64 * seconds_of(2'000));
}

TEST_CASE("series of further rates are charged with what they take") {
  Budget budget{1 << 20};
  {
    Samples samples{budget};
    const auto added = with_rates(100'000);
    std::span<const Sample> left{added};
    while (samples.add(left.first(256))) left = left.subspan(256);
    const std::size_t series = samples.series().size();
    CHECK(series == samples.size());
    CHECK(series > 2'000);
    CHECK(series < 8'000);
    // Never more than one addition brings beyond the budget.
    CHECK((series - 256) * (sizeof(Samples::Series) + 8 * sizeof(double)) < budget.limit());
  }
  CHECK(left_in(budget) == budget.limit());
}

TEST_CASE("samples beyond the budget are refused together and cost nothing of it") {
  Budget budget{10 * kBytesEach};
  Samples samples{budget};
  REQUIRE(samples.add(some(6)));
  CHECK_FALSE(samples.add(some(5)));
  CHECK(samples.size() == 6);
  CHECK(left_in(budget) == 4 * kBytesEach);
  CHECK(samples.add(some(4)));
  CHECK(left_in(budget) == 0);
}

TEST_CASE("the budget is whole again after samples were cleared or destroyed") {
  PAWL_PRINT_SEED();
  Random random;
  Budget budget{10'000};
  {
    Samples samples{budget};
    for (int round = 0; round < 100; ++round) {
      for (int i = 0; i < 5; ++i) samples.add(some(random.below(300)));
      samples.clear();
      REQUIRE(left_in(budget) == 10'000);
    }
    samples.add(some(100));
    CHECK(left_in(budget) < 10'000);
  }
  CHECK(left_in(budget) == 10'000);
}

TEST_CASE("samples that come again after a clearing need no new memory") {
  PAWL_SKIP_UNDER_SANITIZER();
  Budget budget{10'000'000};
  Samples samples{budget};
  const std::vector<Sample> added = some(7'000);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(samples.add(added));
    samples.clear();
  }
  const pawl::test::AllocCounter allocations;
  REQUIRE(samples.add(added));
  CHECK(allocations.allocations() == 0);
}

TEST_CASE("the room of very many samples is not kept") {
  PAWL_SKIP_UNDER_SANITIZER();
  Budget budget{100'000'000};
  Samples samples{budget};
  const std::vector<Sample> added(200'000, Sample{1, 1.0F, 1.5});
  REQUIRE(samples.add(added));
  samples.clear();
  const pawl::test::AllocCounter allocations;
  REQUIRE(samples.add(added));
  CHECK(allocations.allocations() > 5);
}

TEST_CASE("cleared samples leave nothing behind") {
  Budget budget{10'000};
  Samples samples{budget};
  samples.add(some(20));
  samples.clear();
  CHECK(samples.series().empty());
  CHECK(samples.size() == 0);
  const std::vector<Sample> one = {{3, 0.5F, 42}};
  samples.add(one);
  REQUIRE(samples.series().size() == 1);
  CHECK(samples.series()[0].index == 3);
  CHECK(samples.series()[0].rate == 0.5F);
  CHECK(samples.series()[0].values == Values{42});
}

std::vector<Sample> of_one(std::size_t count, std::size_t different) {
  std::vector<Sample> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back({0, 1.0F, 1.0 + static_cast<double>(i % different)});
  return made;
}

Folding bins(std::uint32_t) { return Folding::bins; }
Folding equal_values(std::uint32_t) { return Folding::equal_values; }

TEST_CASE("few samples stay as they are, many are folded") {
  Budget budget{1'000'000};
  Samples samples{budget, bins};
  REQUIRE(samples.add(of_one(Samples::kFewSamples, 50)));
  CHECK(samples.series()[0].sketch == nullptr);
  REQUIRE(samples.add(of_one(2, 1)));
  auto& series = samples.series()[0];
  REQUIRE(series.sketch != nullptr);
  CHECK(series.sketch->count() == Samples::kFewSamples);
  CHECK(series.values.size() == 2);
  CHECK(series.count() == Samples::kFewSamples + 2);
  samples.finish(series);
  CHECK(series.values.empty());
  CHECK(series.count() == Samples::kFewSamples + 2);
}

TEST_CASE("folding asks once what becomes of a series") {
  Budget budget{1'000'000};
  int asked = 0;
  Samples samples{budget, [&asked](std::uint32_t index) {
                    ++asked;
                    return index == 0 ? Folding::none : Folding::bins;
                  }};
  for (int i = 0; i < 10; ++i) {
    samples.add(of_one(100, 100));
    samples.add(some(100));
  }
  CHECK(asked == 7);
  CHECK(samples.series()[0].sketch == nullptr);
  CHECK(samples.series()[0].values.size() == 1'150);
}

TEST_CASE("folded samples take little of the budget, however many they are") {
  for (const auto& folding : {bins, equal_values}) {
    Budget budget{64 << 10};
    Samples samples{budget, folding};
    for (int i = 0; i < 1'000; ++i) REQUIRE(samples.add(of_one(1'000, 100)));
    CHECK(samples.size() == 1'000'000);
    CHECK(left_in(budget) > (64 << 10) - 12'000);
    CHECK(samples.series()[0].count() == 1'000'000);
    samples.clear();
    CHECK(left_in(budget) == 64 << 10);
  }
}

TEST_CASE("values that are kept exactly are bounded by the budget") {
  Budget budget{64 << 10};
  Samples samples{budget, equal_values};
  std::size_t added = 0;
  while (samples.add(of_one(100, 100)) &&
         samples.add(std::vector<Sample>{{0, 1.0F, 1e6 + static_cast<double>(added)}}))
    ++added;
  CHECK(added > 1'500);  // equal ones wait until they are as many as the others
  CHECK(added < 4'100);
}

TEST_CASE("what is charged for different values is what they take, until they are sorted, too") {
  PAWL_SKIP_UNDER_SANITIZER();
  PAWL_PRINT_SEED();
  Random random;
  Budget budget{4 << 20};
  const pawl::test::PeakAlloc peak;
  Samples samples{budget, equal_values};
  std::vector<Sample> added(256);
  do {
    for (Sample& one : added) one = {0, 1.0F, random.real()};
  } while (samples.add(added));
  auto& series = samples.series()[0];
  samples.finish(series);
  series.sketch->exact().sort();
  CHECK(series.sketch->exact().different() > 150'000);
  CHECK(peak.bytes() < budget.limit() + budget.limit() / 8);
}

TEST_CASE("sketches that come again after a clearing need no new memory") {
  PAWL_SKIP_UNDER_SANITIZER();
  Budget budget{10'000'000};
  Samples samples{budget, bins};
  const std::vector<Sample> added = some(7'000);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(samples.add(added));
    samples.clear();
  }
  const pawl::test::AllocCounter allocations;
  REQUIRE(samples.add(added));
  CHECK(allocations.allocations() == 0);
}

TEST_CASE("an interval without samples gives the room of earlier ones back") {
  PAWL_SKIP_UNDER_SANITIZER();
  Budget budget{1 << 20};
  Samples samples{budget};
  const auto added = some(100);
  const auto allocations_of_an_interval = [&] {
    const pawl::test::AllocCounter allocations;
    REQUIRE(samples.add(added));
    return allocations.allocations();
  };
  allocations_of_an_interval();
  samples.clear();
  CHECK(allocations_of_an_interval() == 0);
  samples.clear();
  samples.clear();
  CHECK(allocations_of_an_interval() > 0);
}

TEST_CASE("samples that left the budget are still there") {
  Budget budget{10'000};
  Samples samples{budget};
  samples.add(some(100));
  samples.leave_budget();
  CHECK(left_in(budget) == 10'000);
  CHECK(samples.series().size() == 7);
  samples.clear();
  CHECK(left_in(budget) == 10'000);
}

// What series hold, without the room to grow.
std::size_t bytes_of(const Samples& samples) {
  std::size_t bytes = 0;
  for (const Samples::Series& series : samples.series())
    bytes +=
        kBytesEach * series.values.size() + (series.sketch != nullptr ? series.sketch->bytes() : 0);
  return bytes;
}

TEST_CASE("folding that finds no memory leaves samples as they are, and charges what it took") {
  PAWL_SKIP_UNDER_SANITIZER();
  const std::vector<Sample> added = of_one(400, 70);
  for (std::uint64_t nth = 1; nth < 30; ++nth) {
    Budget budget{1'000'000};
    Samples samples{budget, bins};
    {
      const pawl::test::FailingAlloc failing{nth};
      REQUIRE(samples.add(added));
    }
    REQUIRE(samples.size() + samples.refused() == added.size());
    std::size_t kept = 0;
    for (const Samples::Series& series : samples.series()) kept += series.count();
    REQUIRE(kept == samples.size());
    REQUIRE(left_in(budget) == 1'000'000 - bytes_of(samples));
    samples.clear();
    REQUIRE(left_in(budget) == 1'000'000);
  }
}

TEST_CASE("what memory fails for is counted, and the budget is whole after it") {
  PAWL_SKIP_UNDER_SANITIZER();
  const std::vector<Sample> added = some(100);
  std::size_t refused = 0;
  for (std::uint64_t nth = 1; nth < 60; ++nth) {
    Budget budget{10'000};
    Samples samples{budget};
    {
      const pawl::test::FailingAlloc failing{nth};
      REQUIRE(samples.add(added));
    }
    REQUIRE(samples.size() + samples.refused() == added.size());
    std::size_t kept = 0;
    for (const Samples::Series& series : samples.series()) kept += series.values.size();
    REQUIRE(kept == samples.size());
    REQUIRE(left_in(budget) == 10'000 - bytes_of(samples));
    refused += samples.refused();
    samples.clear();
    REQUIRE(samples.refused() == 0);
    REQUIRE(left_in(budget) == 10'000);
  }
  CHECK(refused > 100);
}

}  // namespace
