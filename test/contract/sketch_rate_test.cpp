// The rate that is written for a weight gives the Agent this weight back: parsed as its text, and
// truncated as the Agent does.

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "aggregate/rate.h"
#include "base/number.h"
#include "support/sanitizers.h"
#include "support/seed.h"
#include "tools/agent_sketch.h"

namespace {

using pawl::aggregate::rate_of_weight;
using pawl::base::NumberText;
using pawl::test::kUnderSanitizer;
using pawl::test::Random;
using pawl::tools::whole_weight_of;

// Where sanitizers make each ten times as long, a sample of them.
constexpr std::uint64_t kStep = kUnderSanitizer ? 97 : 1;

std::int64_t weight_on_the_wire(std::uint64_t weight) {
  const NumberText text{rate_of_weight(weight)};
  double rate = 0;
  std::from_chars(text.view().data(), text.view().data() + text.view().size(), rate);
  return whole_weight_of(rate);
}

// Counted, because a check of each would take longer than the arithmetic.
std::uint64_t wrong_weights(std::uint64_t first, std::uint64_t last, std::uint64_t step) {
  std::uint64_t wrong = 0;
  for (std::uint64_t weight = first; weight <= last; weight += step) {
    if (weight_on_the_wire(weight) != static_cast<std::int64_t>(weight)) ++wrong;
  }
  return wrong;
}

TEST_CASE("every weight up to ten million arrives as it is") {
  CHECK(wrong_weights(1, 10'000'000, kStep) == 0);
}

TEST_CASE("plain inverses would lose a sample of every fourteenth weight") {
  std::uint64_t lost = 0;
  for (std::uint64_t weight = 1; weight <= 10'000; ++weight) {
    const double plain = 1.0 / static_cast<double>(weight);
    if (whole_weight_of(plain) != static_cast<std::int64_t>(weight)) ++lost;
  }
  CHECK(lost > 500);
}

TEST_CASE("weights up to 2^52 arrive as they are") {
  PAWL_PRINT_SEED();
  Random random;
  for (std::uint64_t power = 1; power < std::uint64_t{1} << 52; power *= 2) {
    CHECK(weight_on_the_wire(power) == static_cast<std::int64_t>(power));
    const std::uint64_t between = power + random.below(power);
    CHECK(weight_on_the_wire(between) == static_cast<std::int64_t>(between));
  }
}

}  // namespace
