#include "aggregate/summary.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::SnapshotMetric;
using pawl::aggregate::Budget;
using pawl::aggregate::Folding;
using pawl::aggregate::Samples;
using pawl::aggregate::Summary;
using pawl::detail::Sample;
using pawl::test::Random;

SnapshotMetric summary_of(const std::vector<Sample>& added, Folding folding = Folding::bins) {
  Budget budget{std::size_t{1} << 30};
  Samples samples{budget, [folding](std::uint32_t) { return folding; }};
  samples.add(added);
  Summary summary;
  samples.each_of(0, [&](const Samples::Series& series) { summary.add(series); });
  return summary.take();
}

TEST_CASE("a summary of few samples is exact") {
  const auto made = summary_of({{0, 1, 3.0}, {0, 1, 1.0}, {1, 1, 99.0}, {0, 1, 2.0}, {0, 1, 10.0}});
  CHECK(made.count == 4);
  CHECK(made.sum == 16.0);
  CHECK(made.min == 1.0);
  CHECK(made.max == 10.0);
  CHECK(made.quantile(0.0) == 1.0);
  CHECK(made.quantile(0.34) == 2.0);
  CHECK(made.quantile(0.66) == 3.0);
  CHECK(made.quantile(1.0) == 10.0);
}

TEST_CASE("a summary of no samples has no quantile") {
  const auto made = summary_of({{1, 1, 99.0}});
  CHECK(made.count == 0);
  CHECK(std::isnan(made.quantile(0.5)));
  CHECK(std::isnan(made.min));
  CHECK(std::isnan(summary_of({{0, 1, 1.0}}).quantile(std::nan(""))));
}

TEST_CASE("a quantile of many samples is within 1/128 of the sample of its rank") {
  PAWL_PRINT_SEED();
  Random random;
  for (const Folding folding : {Folding::none, Folding::equal_values, Folding::bins}) {
    std::vector<Sample> added;
    std::vector<double> values;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back((random.chance(0.1) ? -1 : 1) * std::exp(8 * random.real() - 4));
      added.push_back({0, 1.0F, values.back()});
    }
    std::sort(values.begin(), values.end());
    const auto made = summary_of(added, folding);
    CHECK(made.count == values.size());
    for (int i = 0; i <= 1'000; ++i) {
      const double q = i / 1'000.0;
      const double rank = std::nearbyint(q * static_cast<double>(values.size() - 1));
      const double expected = values[static_cast<std::size_t>(rank)];
      const double most = folding == Folding::bins ? std::abs(expected) / 128 : 0;
      REQUIRE(std::abs(made.quantile(q) - expected) <= most);
    }
  }
}

TEST_CASE("samples of a rate weigh as in the Agent, beside those of another") {
  const auto made = summary_of({{0, 0.25F, 8.0}, {0, 1.0F, 1.0}, {0, 1.0F, 2.0}});
  CHECK(made.count == 6);
  CHECK(made.sum == 35.0);
  CHECK(made.quantile(0.5) == 8.0);
  CHECK(made.quantile(0.2) == 2.0);
}

}  // namespace
