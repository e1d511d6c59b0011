#include "tools/agent_sketch.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/key_thresholds.h"
#include "support/seed.h"

namespace {

using pawl::test::key_thresholds;
using pawl::test::Random;
using pawl::tools::AgentSketch;
using pawl::tools::go_log;
using pawl::tools::weight_of;
using pawl::tools::whole_weight_of;
using Bin = AgentSketch::Bin;
using Bins = std::vector<Bin>;

constexpr AgentSketch::Kind kOld{AgentSketch::CountBits::sixteen};
constexpr std::uint64_t kFull16 = 0xffff;
constexpr std::uint64_t kFull32 = 0xffff'ffff;

double double_of(std::uint64_t bits) { return std::bit_cast<double>(bits); }

struct Line {
  double value = 0;
  double rate = 1;
};
AgentSketch sketch_of(std::initializer_list<Line> lines, AgentSketch::Kind kind = {}) {
  AgentSketch sketch{kind};
  for (const Line& line : lines) sketch.insert(line.value, line.rate);
  return sketch;
}

TEST_CASE("keys are those of the Agent") {
  CHECK(AgentSketch::key_of(1) == 1338);
  CHECK(AgentSketch::key_of(1e-6) == 447);
  CHECK(AgentSketch::key_of(1e3) == 1784);
  CHECK(AgentSketch::key_of(-1e3) == -1784);
  CHECK(AgentSketch::key_of(0.0) == 0);
  CHECK(AgentSketch::key_of(-0.0) == 0);
}

TEST_CASE("what is nearer to zero than the smallest bin is zero") {
  constexpr double kSmallest = 9.9418540891213681e-10;
  CHECK(AgentSketch::key_of(kSmallest) == 1);
  CHECK(AgentSketch::key_of(-kSmallest) == -1);
  CHECK(AgentSketch::key_of(std::nextafter(kSmallest, 0.0)) == 0);
  CHECK(AgentSketch::key_of(-std::nextafter(kSmallest, 0.0)) == 0);
  CHECK(AgentSketch::key_of(std::numeric_limits<double>::denorm_min()) == 0);
}

TEST_CASE("what is beyond the last bin has the infinity key") {
  CHECK(AgentSketch::key_of(AgentSketch::value_of(32'766)) == 32'766);
  CHECK(AgentSketch::key_of(1.01 * AgentSketch::value_of(32'766)) == AgentSketch::kInfinityKey);
  CHECK(AgentSketch::key_of(std::numeric_limits<double>::max()) == AgentSketch::kInfinityKey);
  CHECK(AgentSketch::key_of(std::numeric_limits<double>::lowest()) == -AgentSketch::kInfinityKey);
}

TEST_CASE("the value of a key has that key") {
  for (std::int32_t key = -3'000; key <= 3'000; ++key) {
    CHECK(AgentSketch::key_of(AgentSketch::value_of(key)) == key);
  }
}

TEST_CASE("Go's logarithm is this machine's to within one bit in the last place") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::exp(700 * (2 * random.real() - 1));
    const double here = std::log(x);
    const double next = std::nextafter(std::abs(here), HUGE_VAL);
    CHECK(std::abs(go_log(x) - here) <= next - std::abs(here));
  }
}

TEST_CASE("keys change where the Agent's table of thresholds says") {
  const auto thresholds = key_thresholds();
  for (const auto& [key, least] : thresholds) {
    CHECK(AgentSketch::key_of(least) == key);
    CHECK(AgentSketch::key_of(std::nextafter(least, 0.0)) == key - 1);
  }
  CHECK((thresholds.empty() || thresholds.size() == 3'566));
}

TEST_CASE("a weight is the inverse of the rate, whole for counts") {
  CHECK(weight_of(0.3) == 1 / 0.3);
  CHECK(whole_weight_of(0.3) == 3);
  CHECK(whole_weight_of(1.0 / 3) == 3);
  CHECK(whole_weight_of(1.0 / 93) == 92);
  CHECK(whole_weight_of(0.00001) == 99'999);
}

TEST_CASE("a rate that is none counts as 1, and one without measure as the largest number") {
  for (const double rate : {0.0, -0.5, 1.0, 2.0, std::nan(""), HUGE_VAL}) {
    CHECK(weight_of(rate) == 1);
    CHECK(whole_weight_of(rate) == 1);
  }
  CHECK(whole_weight_of(1e-300) == std::numeric_limits<std::int64_t>::max());
}

// The expected numbers are what the Agent's own package (7.85.1, Go on amd64) gives for these.
TEST_CASE("bins, count, minimum, maximum, sum and average are those of the Agent") {
  const std::initializer_list<Line> lines{{12.5},
                                          {-3},
                                          {0},
                                          {1e-10},
                                          {1, 0.25},
                                          {1000, 0.3},
                                          {7.25, 1 / 99.},
                                          {1e300},
                                          {-1e-6, 0.01},
                                          {2, 2}};
  for (const AgentSketch& sketch : {sketch_of(lines), sketch_of(lines, kOld)}) {
    CHECK(sketch.count() == 211);
    CHECK(sketch.min() == -3);
    CHECK(sketch.max() == 1e300);
    CHECK(sketch.sum() == 1e300);
    CHECK(sketch.average() == double_of(0x7dbc'fca5'a638'5e2a));
    CHECK(sketch.bins() == Bins{{-1409, 1},
                                {-447, 100},
                                {0, 2},
                                {1338, 4},
                                {1383, 1},
                                {1466, 98},
                                {1501, 1},
                                {1784, 3},
                                {32'767, 1}});
    CHECK(sketch.quantile(0.01) == doctest::Approx(-1.001437624606e-06).epsilon(1e-12));
    CHECK(sketch.quantile(0.5) == 1.0078125);
    CHECK(sketch.quantile(0.95) == doctest::Approx(7.382391990349).epsilon(1e-12));
    CHECK(sketch.quantile(0.99) == doctest::Approx(1012.382772385).epsilon(1e-12));
    CHECK(std::isnan(sketch.quantile(0.999)));
  }
}

TEST_CASE("percentiles are those of the Agent, the minimum and maximum exact") {
  AgentSketch sketch;
  for (int i = 1; i <= 100; ++i) sketch.insert(i);
  CHECK(sketch.quantile(0) == 1);
  CHECK(sketch.quantile(0.01) == doctest::Approx(2.00910308099).epsilon(1e-11));
  CHECK(sketch.quantile(0.5) == doctest::Approx(51.31911937625).epsilon(1e-12));
  CHECK(sketch.quantile(0.95) == doctest::Approx(95.41452700754).epsilon(1e-12));
  CHECK(sketch.quantile(1) == 100);
}

TEST_CASE("an empty sketch has zeros and no bins") {
  const AgentSketch sketch;
  CHECK(sketch.count() == 0);
  CHECK(sketch.bins().empty());
  CHECK(sketch.quantile(0.5) == 0);
}

TEST_CASE("samples that fill more than a bin make more bins of the key, the part first") {
  const auto sketch = sketch_of({{5, 1e-5}, {5, 1e-5}, {5}}, kOld);
  CHECK(sketch.count() == 199'999);
  CHECK(sketch.sum() == double_of(0x412e'8489'ffff'ffff));
  CHECK(sketch.bins() == Bins{{1442, 3394}, {1442, kFull16}, {1442, kFull16}, {1442, kFull16}});
  CHECK(sketch.quantile(0.95) == doctest::Approx(5.081411357804).epsilon(1e-12));
}

TEST_CASE("bins of 32 bits overflow likewise") {
  const auto sketch = sketch_of({{5, std::ldexp(1.0, -32)}, {5}}, {});
  CHECK(sketch.bins() == Bins{{1442, 2}, {1442, kFull32}});
}

TEST_CASE("bins of both widths hold the same until one is full") {
  PAWL_PRINT_SEED();
  Random random;
  AgentSketch narrow{kOld};
  AgentSketch wide;
  for (int i = 0; i < 5'000; ++i) {
    const double value = std::exp(6 * random.real()) - 10;
    const double rate = random.chance(0.3) ? 1 - random.real() : 1;
    narrow.insert(value, std::max(rate, 0.01));
    wide.insert(value, std::max(rate, 0.01));
  }
  CHECK(narrow.bins() == wide.bins());
  CHECK(narrow.quantile(0.9) == wide.quantile(0.9));
}

// One sample in each of 5,000 bins, from the lowest, the highest, and in between.
TEST_CASE("beyond 4,096 bins the lowest are one") {
  for (const AgentSketch::Kind kind : {AgentSketch::Kind{}, kOld}) {
    AgentSketch sketch{kind};
    for (std::int32_t i = 0; i < 5'000; ++i) {
      sketch.insert(AgentSketch::value_of(1 + i * 1'999 % 5'000));
    }
    const Bins bins = sketch.bins();
    REQUIRE(bins.size() == AgentSketch::kMostBins);
    CHECK(bins.front() == Bin{905, 905});
    CHECK(bins[1] == Bin{906, 1});
    CHECK(bins.back() == Bin{5'000, 1});
    CHECK(sketch.count() == 5'000);
  }
}

TEST_CASE("a weight without measure takes no memory without measure") {
  const auto sketch = sketch_of({{1}, {2, 1e-300}, {3}});
  CHECK(sketch.bins().size() == AgentSketch::kMostBins);
  CHECK(sketch.bins().back() == Bin{AgentSketch::key_of(3), 1});
  CHECK(sketch.bins().front() == Bin{AgentSketch::key_of(2), kFull32});
  CHECK(sketch.count() == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("merged sketches hold what one of all samples holds") {
  AgentSketch left = sketch_of({{1}, {20, 0.25}, {-4}});
  left.merge(sketch_of({{20}, {0.5, 0.5}}));
  left.merge({});
  const auto all = sketch_of({{1}, {20, 0.25}, {-4}, {20}, {0.5, 0.5}});
  CHECK(left.bins() == all.bins());
  CHECK(left.count() == 9);
  CHECK(left.sum() == 98);
  CHECK(left.min() == -4);
  CHECK(left.max() == 20);
  CHECK(left.average() == doctest::Approx(98.0 / 9).epsilon(1e-14));
}

}  // namespace
