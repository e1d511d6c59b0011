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

TEST_CASE("the rate of a float is what its shortest text reads back as") {
  CHECK(rate_on_wire(0.1F) == 0.1);
  CHECK(rate_on_wire(0.3F) == 0.3);
  CHECK(rate_on_wire(1.0F) == 1.0);
  CHECK(weight_of(rate_on_wire(0.01F)) == 100);
}

TEST_CASE("what is no rate weighs one") {
  for (const double rate : {1.0, 1.5, 0.0, -0.5, std::nan("")}) CHECK(weight_of(rate) == 1);
}

TEST_CASE("one value that stands for many weighs as much as they do") {
  for (const double rate : {1.0, 0.5, 0.1, 0.01, 0.3, 0.75, 0.7, 1.0 / 3, 1.0 / 93, 1e-5})
    for (int bit = 0; bit < 28; ++bit) {
      const std::uint64_t count = std::uint64_t{1} << bit;
      REQUIRE(weight_on_wire(rate_of_many(rate, count)) == weight_of(rate) * count);
    }
}

TEST_CASE("where 1/rate is a whole number the sum of many is theirs") {
  for (const double rate : {1.0, 0.5, 0.1, 0.01, 0.05})
    for (int bit = 0; bit < 28; ++bit) {
      const double count = std::ldexp(1.0, bit);
      CHECK(1.0 / rate_of_many(rate, std::uint64_t{1} << bit) == count / rate);
    }
}

TEST_CASE("where it is none, the sum comes as near as the weight lets it") {
  const double rate = rate_of_many(0.3, 4);  // weight 12, 1/rate 13.33
  CHECK(1.0 / rate < 13.0);
  CHECK(1.0 / rate > 13.0 - 1e-12);
}

}  // namespace
