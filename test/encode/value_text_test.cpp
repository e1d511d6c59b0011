#include "encode/value_text.h"

#include <charconv>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::encode::has_short_decimals;
using pawl::encode::round_to;
using pawl::encode::text_of;
using pawl::encode::ValueText;
using pawl::test::Random;

double read(const ValueText& text) {
  REQUIRE(text.view().front() == ':');
  double value = 0;
  const char* const end = text.view().data() + text.size;
  REQUIRE(std::from_chars(text.view().data() + 1, end, value).ptr == end);
  return value;
}

TEST_CASE("a value's text reads back as the value") {
  PAWL_PRINT_SEED();
  Random random;
  for (const double value : {0.0, -0.0, 12.5, -1e-300, 1.7976931348623157e308, 5e-324})
    CHECK(read(text_of(value)) == value);
  CHECK(text_of(12.5).view() == ":12.5");
  CHECK(text_of(-2.2250738585072014e-308).size == 25);
}

TEST_CASE("a rounded number is written in its shortest form") {
  CHECK(text_of(round_to(123.456, 2)).view() == ":120");
  CHECK(text_of(round_to(123.456, 4)).view() == ":123.5");
  CHECK(text_of(round_to(-0.0123456, 3)).view() == ":-0.0123");
  CHECK(text_of(round_to(0.00123456, 3)).view() == ":123e-5");
  CHECK(text_of(round_to(1234567.0, 2)).view() == ":12e5");
  CHECK(text_of(round_to(0.99996, 4)).view() == ":1");
  CHECK(text_of(round_to(5.0, 8)).view() == ":5");
  CHECK(text_of(round_to(1.5e-12, 8)).view() == ":15e-13");
  CHECK(text_of(round_to(0.5, 1)).view() == ":0.5");
}

TEST_CASE("a rounded number reads back as what it says, and is as near as its digits allow") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 200'000; ++i) {
    const double value = (random.chance(0.5) ? -1 : 1) * std::pow(10.0, 34 * random.real() - 12.9);
    REQUIRE(has_short_decimals(value));
    const int digits = static_cast<int>(random.between(1, 8));
    const auto rounded = round_to(value, digits);
    REQUIRE(read(text_of(rounded)) == rounded.value);
    REQUIRE(std::abs(rounded.value - value) <=
            0.5001 * std::abs(value) * std::pow(10.0, 1 - digits));
  }
}

TEST_CASE("numbers beyond what powers of ten can scale exactly are told") {
  for (const double value : {0.0, 1e-14, 1e23, -1e300}) CHECK_FALSE(has_short_decimals(value));
}

}  // namespace
