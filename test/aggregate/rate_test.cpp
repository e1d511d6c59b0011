#include "aggregate/rate.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "base/number.h"
#include "support/seed.h"

namespace {

using namespace pawl::aggregate;
using pawl::test::Random;

// What the Agent makes of the text of a rate.
std::uint64_t weight_on_wire(double rate) {
  const pawl::base::NumberText text{rate};
  return static_cast<std::uint64_t>(1.0 / std::strtod(std::string{text.view()}.c_str(), nullptr));
}

TEST_CASE("the rate of a weight has exactly that weight") {
  PAWL_PRINT_SEED();
  Random random;
  for (std::uint64_t weight = 1; weight <= 200'000; ++weight)
    REQUIRE(weight_on_wire(rate_of_weight(weight)) == weight);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t weight = (random.next() >> 12 >> random.below(50)) | 1;
    REQUIRE(weight_on_wire(rate_of_weight(weight)) == weight);
  }
}

TEST_CASE("the plain inverse of a weight is often one too little") {
  int wrong = 0;
  for (int weight = 1; weight <= 1'000; ++weight)
    wrong += weight_of(1.0 / weight) != static_cast<std::uint64_t>(weight) ? 1 : 0;
  CHECK(wrong > 50);
  CHECK(weight_of(1.0 / 93) == 92);
  CHECK(weight_of(rate_of_weight(93)) == 93);
}

TEST_CASE("a caller's rate weighs what it is the inverse of, though floats are not exact") {
  for (int weight = 1; weight <= 1'000'000; ++weight) {
    const auto rate = static_cast<float>(1.0 / weight);
    REQUIRE(weight_on_wire(rate_on_wire(rate)) == static_cast<std::uint64_t>(weight));
  }
}

TEST_CASE("a rate that is no inverse of a whole number is what its shortest text reads back as") {
  CHECK(rate_on_wire(0.3F) == 0.3);
  CHECK(rate_on_wire(0.75F) == 0.75);
  CHECK(rate_on_wire(0.9999F) == 0.9999);
  CHECK(rate_on_wire(1.0F) == 1.0);
}

TEST_CASE("a rate is whole when counts and sums weigh a value alike") {
  for (int weight = 1; weight <= 100'000; ++weight)
    REQUIRE(is_whole(rate_of_weight(static_cast<std::uint64_t>(weight))));
  for (const double rate : {0.3, 0.7, 0.75, 0.9, 0.9999, 2.0 / 7}) CHECK_FALSE(is_whole(rate));
}

TEST_CASE("what is no rate weighs one") {
  for (const double rate : {1.0, 1.5, 0.0, -0.5, std::nan("")}) CHECK(weight_of(rate) == 1);
}

TEST_CASE("one value that stands for many weighs as much as they do, in counts and in sums") {
  for (const std::uint64_t weight : {1U, 2U, 3U, 7U, 10U, 93U, 100U, 100'000U})
    for (int bit = 0; bit < 28; ++bit) {
      const std::uint64_t count = std::uint64_t{1} << bit;
      const double rate = rate_of_many(rate_of_weight(weight), count);
      REQUIRE(weight_on_wire(rate) == weight * count);
      REQUIRE(is_whole(rate));
    }
}

}  // namespace
