// The keys against their definition, against a list of the Agent's own where it is at hand, and
// where the guard begins.

#include "aggregate/sketch_key.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include "support/key_thresholds.h"
#include "support/seed.h"

namespace {

using pawl::aggregate::bounds_of;
using pawl::aggregate::kKeyOfInfinity;
using pawl::aggregate::kNormMin;
using pawl::aggregate::middle_of;
using pawl::aggregate::place_of;
using pawl::test::key_thresholds;
using pawl::test::Random;

// The definition in more digits than a double has.
long double position_of(double value) {
  return std::log(static_cast<long double>(value)) / std::log1p(1.0L / 64);
}

double any_latency(Random& random, double decades) {
  return std::pow(10.0, (static_cast<double>(random.below(1'000'000)) / 1e6 - 0.4) * decades);
}

TEST_CASE("known values have the keys that the Agent gives them") {
  CHECK(place_of(1.0).key == 1338);
  CHECK(place_of(1e-6).key == 447);
  CHECK(place_of(1e3).key == 1784);
  CHECK(place_of(-1e3).key == -1784);
  CHECK(place_of(0.0).key == 0);
  CHECK(place_of(-0.0).key == 0);
  CHECK(place_of(1e-12).key == 0);
  CHECK(place_of(-5e-324).key == 0);
  CHECK(place_of(1.001 * kNormMin).key == 1);
  CHECK(place_of(1e17).key == 3863);
}

TEST_CASE("the key of a value is its logarithm to the base gamma, rounded") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 300'000; ++i) {
    const double value = any_latency(random, 22);
    const long double position = position_of(value);
    const auto place = place_of(value);
    REQUIRE(place_of(-value).key == -place.key);
    if (!place.loose) REQUIRE(place.key == std::lround(position) + 1338);
    REQUIRE(place.key >= 1);
  }
}

TEST_CASE("beyond the table the logarithm itself is taken, up to the key of infinity") {
  CHECK(place_of(1e100).key == std::lround(position_of(1e100)) + 1338);
  CHECK_FALSE(place_of(1e100).loose);
  CHECK(place_of(4e211).key < kKeyOfInfinity);
  CHECK(place_of(5e211).key == kKeyOfInfinity);
  CHECK(place_of(-std::numeric_limits<double>::max()).key == -kKeyOfInfinity);
  CHECK(place_of(std::numeric_limits<double>::max()).loose);  // never in a mean
}

// Goes from the end of a key by so many ulps.
double beside(double boundary, std::int64_t ulps) {
  return std::bit_cast<double>(std::bit_cast<std::int64_t>(boundary) + ulps);
}

TEST_CASE("a value near the end of a bin is loose, one a little further is not") {
  for (int key = 10; key < 3'500; ++key) {
    const auto end = static_cast<double>(std::exp((key - 1337.5L) * std::log1p(1.0L / 64)));
    for (const std::int64_t ulps : {-60'000, -3, 0, 3, 60'000})
      REQUIRE(place_of(beside(end, ulps)).loose);
    const auto below = place_of(beside(end, -150'000));
    const auto above = place_of(beside(end, 150'000));
    REQUIRE_FALSE(below.loose);
    REQUIRE_FALSE(above.loose);
    REQUIRE(below.key == key);
    REQUIRE(above.key == key + 1);
  }
}

TEST_CASE("a value near the smallest that has a bin is loose") {
  for (const double sign : {1.0, -1.0}) {
    for (const double off : {-9e-10, -1e-13, 0.0, 1e-13, 9e-10})
      CHECK(place_of(sign * kNormMin * (1 + off)).loose);
    CHECK_FALSE(place_of(sign * kNormMin * (1 - 2e-9)).loose);
    CHECK_FALSE(place_of(sign * kNormMin * (1 + 2e-9)).loose);
  }
}

TEST_CASE("hardly any value of daily life is loose") {
  PAWL_PRINT_SEED();
  Random random;
  int loose = 0;
  for (int i = 0; i < 300'000; ++i) loose += place_of(any_latency(random, 12)).loose ? 1 : 0;
  CHECK(loose <= 1);
}

TEST_CASE("the middle of a bin is in it, and no value of it is further than 1/128 away") {
  for (int key = 2; key < 3'500; ++key) {
    const double middle = middle_of(key);
    REQUIRE(place_of(middle).key == key);
    REQUIRE(middle_of(-key) == -middle);
    REQUIRE(place_of(middle * (1 + 1.0 / 128)).key == key + 1);
    REQUIRE(place_of(middle * (1 - 1.0 / 128)).key == key - 1);
  }
  CHECK(middle_of(0) == 0.0);
}

TEST_CASE("the bounds of a bin have its key, are not loose, and what is beyond them is") {
  for (int key = 0; key < 3'500; ++key) {
    const auto [least, most] = bounds_of(key);
    REQUIRE(least < most);
    for (const double value : {least, most, least + 0.3 * (most - least)}) {
      const auto place = place_of(value);
      REQUIRE(place.key == key);
      REQUIRE_FALSE(place.loose);
      REQUIRE(place_of(-value).key == -key);
    }
    REQUIRE(bounds_of(-key).least == -most);
    REQUIRE(bounds_of(-key).most == -least);
    if (key < 10) continue;  // where the table does not begin yet
    REQUIRE(place_of(beside(least, -1)).loose);
    REQUIRE(place_of(beside(most, 1)).loose);
  }
}

TEST_CASE("beyond the table the bounds of a bin leave out a fiftieth of the guard more") {
  for (int key = 3'600; key < kKeyOfInfinity; key += 7) {
    const auto [least, most] = bounds_of(key);
    REQUIRE(place_of(least).key == key);
    REQUIRE(place_of(most).key == key);
    REQUIRE_FALSE(place_of(least).loose);
    REQUIRE_FALSE(place_of(most).loose);
    REQUIRE(place_of(least * (1 - 1e-12)).loose);
    REQUIRE(place_of(most * (1 + 1e-12)).loose);
  }
}

TEST_CASE("each of the Agent's boundaries lies where the table has it") {
  for (const auto& [key, least] : key_thresholds()) {
    if (key < 3) continue;  // where the table does not begin yet
    REQUIRE(place_of(least).loose);
    REQUIRE(place_of(beside(least, -64)).key == key - 1);
    REQUIRE(place_of(beside(least, 64)).key == key);
  }
}

}  // namespace
