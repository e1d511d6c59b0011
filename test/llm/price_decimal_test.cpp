#include "llm/price_decimal.h"

#include <cmath>
#include <cstdio>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "base/number.h"
#include "support/seed.h"

namespace {

using pawl::llm::kHighestRate;
using pawl::llm::RateFault;
using pawl::llm::read_rate;
using pawl::llm::usd_text;
using pawl::test::Random;

TEST_CASE("a number is read as whole picodollars, in whatever way it is written") {
  const auto reads = [](std::string_view text, std::uint64_t rate) {
    INFO(text);
    CHECK(read_rate(text).fault == RateFault::none);
    CHECK(read_rate(text).rate == rate);
  };
  reads("2e-06", 2'000'000);
  reads("2E-6", 2'000'000);
  reads("0.000002", 2'000'000);
  reads("0.0000020000000000000000000000000000000000000", 2'000'000);
  reads("2.8e-09", 2'800);
  reads("3.625e-09", 3'625);
  reads("1", kHighestRate);
  reads("0.00001e+5", kHighestRate);
  reads("1000000000000e-12", kHighestRate);
  reads("0", 0);
  reads("-0.0", 0);
  reads("0e999999999999", 0);
}

TEST_CASE("the comma of the host's locale is a decimal point") {
  CHECK(read_rate("2,5e-06").rate == 2'500'000);
}

TEST_CASE("digits beyond a picodollar are rounded") {
  CHECK(read_rate("8.000000000000001e-08").rate == 80'000);
  CHECK(read_rate("7.9999999999999999e-08").rate == 80'000);
  CHECK(read_rate("1.5e-12").rate == 2);
  CHECK(read_rate("1.4999999999999999999e-12").rate == 1);
  CHECK(read_rate("5e-13").rate == 1);
}

TEST_CASE("a number that is no price is told why") {
  CHECK(read_rate("-2e-06").fault == RateFault::negative);
  CHECK(read_rate("-1e-300").fault == RateFault::negative);
  CHECK(read_rate("1.000000000001").fault == RateFault::too_high);
  CHECK(read_rate("2.5").fault == RateFault::too_high);
  CHECK(read_rate("1e300").fault == RateFault::too_high);
  CHECK(read_rate("1e99999999999").fault == RateFault::too_high);
  CHECK(read_rate("4.9e-13").fault == RateFault::too_low);
  CHECK(read_rate("9e-14").fault == RateFault::too_low);
  CHECK(read_rate("1e-99999999999").fault == RateFault::too_low);
}

TEST_CASE("every rate reads back, from the shortest text of its double too") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t rate = random.next() % (kHighestRate + 1) >> random.below(40);
    const std::string exact = usd_text(rate);
    INFO(exact);
    REQUIRE(read_rate(exact).rate == rate);
    const pawl::base::NumberText shortest{static_cast<double>(rate) / 1e12};
    REQUIRE(read_rate(shortest.view()).rate == rate);
  }
}

TEST_CASE("an amount is written without exponent and without zeros at its end") {
  CHECK(usd_text(0) == "0");
  CHECK(usd_text(1) == "0.000000000001");
  CHECK(usd_text(590'000) == "0.00000059");
  CHECK(usd_text(1'222'506'000'000) == "1.222506");
  CHECK(usd_text(1'000'000'000'000) == "1");
  CHECK(usd_text(120'000'000'000'000) == "120");
  CHECK(usd_text(18'446'744'073'709'551'615ULL) == "18446744.073709551615");
}

}  // namespace
