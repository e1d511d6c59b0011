#include "llm/price_rates.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::llm::Cost;
using pawl::llm::cost_of;
using pawl::llm::from_model_price;
using pawl::llm::kHighestRate;
using pawl::llm::kUnset;
using pawl::llm::ModelPrice;
using pawl::llm::Picodollars;
using pawl::llm::Price;
using pawl::llm::Rates;
using pawl::llm::to_model_price;
using pawl::llm::Usage;
using pawl::test::Random;

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
constexpr Rates kPlain{.input = 100, .output = 1000};

Price tiered() {
  Price price{kPlain, {}, 0};
  insert_tier(price, {200'000, {.input = 200}});
  return price;
}

std::uint64_t input_of(const Price& price, const Usage& usage) {
  const auto cost = cost_of(price, usage);
  REQUIRE(cost);
  return cost->input_picodollars();
}

std::uint64_t output_of(const Price& price, const Usage& usage) {
  const auto cost = cost_of(price, usage);
  REQUIRE(cost);
  return cost->output_picodollars();
}

Price random_price(Random& random) {
  const auto rate = [&random] { return random.chance(0.2) ? kUnset : random.below(kHighestRate); };
  const auto rates = [&] { return Rates{rate(), rate(), rate(), rate(), rate(), rate()}; };
  Price price{rates(), {}, 0};
  price.base.input = random.below(kHighestRate);
  price.base.output = random.below(kHighestRate);
  for (std::size_t i = random.below(4); i > 0; --i)
    insert_tier(price, {random.below(1000), rates()});
  return price;
}

Usage random_usage(Random& random) {
  Usage usage;
  usage.input = random.below(2000);
  usage.output = random.below(2000);
  usage.cached_input = random.below(usage.input + 1);
  usage.cache_creation = random.below(usage.input - usage.cached_input + 1);
  usage.cache_creation_1h = random.below(usage.cache_creation + 1);
  usage.reasoning = random.below(usage.output + 1);
  return usage;
}

TEST_CASE("a cache or reasoning price that is missing bills as input, or as output") {
  const Price price{kPlain, {}, 0};
  const Usage usage{.input = 10,
                    .output = 5,
                    .cached_input = 4,
                    .cache_creation = 3,
                    .reasoning = 2,
                    .cache_creation_1h = 1};
  CHECK(input_of(price, usage) == 1000);
  CHECK(output_of(price, usage) == 5000);
}

TEST_CASE("each kind of token has its price") {
  const Price price{{1, 10, 100, 1000, 10'000, 100'000}, {}, 0};
  const Usage usage{.input = 10,
                    .output = 5,
                    .cached_input = 4,
                    .cache_creation = 3,
                    .reasoning = 2,
                    .cache_creation_1h = 1};
  CHECK(input_of(price, usage) == 3 * 1 + 4 * 100 + 2 * 1000 + 1 * 10'000);
  CHECK(output_of(price, usage) == 3 * 10 + 2 * 100'000);
}

TEST_CASE("a cache write of an hour without a price of its own bills as a cache write") {
  const Price price{{.input = 1, .output = 1, .cache_creation = 7}, {}, 0};
  CHECK(input_of(price, {.input = 2, .cache_creation = 2, .cache_creation_1h = 1}) == 14);
}

TEST_CASE("a tier begins one token above its threshold, for the whole request") {
  CHECK(input_of(tiered(), {.input = 200'000}) == 200'000ULL * 100);
  CHECK(input_of(tiered(), {.input = 200'001}) == 200'001ULL * 200);
}

TEST_CASE("cached input counts towards a tier's threshold") {
  CHECK(input_of(tiered(), {.input = 200'001, .cached_input = 200'001}) == 200'001ULL * 200);
}

TEST_CASE("output does not count towards a tier's threshold") {
  CHECK(input_of(tiered(), {.input = 1, .output = 300'000}) == 100);
}

TEST_CASE("an output price that a tier does not say is as below it") {
  CHECK(output_of(tiered(), {.input = 200'001, .output = 3}) == 3000);
}

TEST_CASE("cache and reasoning prices of below a tier do not hold in it") {
  Price price{{1, 2, 3, 4, 5, 6}, {}, 0};
  insert_tier(price, {100, {.input = 10, .output = 20, .cached_input = 7}});
  insert_tier(price, {200, {.input = 100, .reasoning = 9}});
  const Usage usage{.input = 150,
                    .output = 2,
                    .cached_input = 1,
                    .cache_creation = 2,
                    .reasoning = 1,
                    .cache_creation_1h = 1};
  CHECK(input_of(price, usage) == 149 * 10 + 7);
  CHECK(output_of(price, usage) == 2 * 20);
  Usage more = usage;
  more.input = 250;
  CHECK(input_of(price, more) == 250 * 100);
  CHECK(output_of(price, more) == 20 + 9);
  const auto made = to_model_price(price);
  CHECK_FALSE(made.tiers[1].prices.cached_input_usd_per_mtok);
  CHECK(made.tiers[1].prices.output_usd_per_mtok * 1e6 == 20);
}

TEST_CASE("of several tiers the highest that is exceeded counts") {
  Price price = tiered();
  insert_tier(price, {1000, {.input = 150, .output = 1500}});
  CHECK(input_of(price, {.input = 1000}) == 1000 * 100);
  CHECK(input_of(price, {.input = 1001}) == 1001 * 150);
  CHECK(input_of(price, {.input = 200'001}) == 200'001ULL * 200);
  CHECK(output_of(price, {.input = 200'001, .output = 1}) == 1500);
}

TEST_CASE("a part that is larger than the whole has no cost") {
  const Price price{kPlain, {}, 0};
  const Usage wrong[] = {
      {.input = 1, .cached_input = 2},
      {.input = 1, .cache_creation = 2},
      {.input = 2, .cached_input = 1, .cache_creation = 2},
      {.input = 5, .cached_input = kMax, .cache_creation = 6},
      {.input = 5, .cache_creation = 1, .cache_creation_1h = 2},
      {.output = 1, .reasoning = 2},
  };
  for (const Usage& usage : wrong) {
    CHECK_FALSE(usage.consistent());
    CHECK_FALSE(cost_of(price, usage));
  }
}

TEST_CASE("a cost beyond 64 bits is none, and the last one below is exact") {
  const Price price{{.input = 2, .output = 1}, {}, 0};
  CHECK(input_of(price, {.input = kMax / 2}) == kMax - 1);
  CHECK_FALSE(cost_of(price, {.input = kMax / 2 + 1}));
  CHECK(cost_of(price, {.input = kMax / 2, .output = 1}));
  CHECK_FALSE(cost_of(price, {.input = kMax / 2, .output = 2}));
  CHECK_FALSE(cost_of(Price{{kHighestRate, kHighestRate}, {}, 0}, {.input = kMax, .output = kMax}));
}

TEST_CASE("the cost is the sum of its parts for any prices and usage") {
  PAWL_PRINT_SEED();
  Random random;
  std::size_t in_tier = 0;
  for (int i = 0; i < 50'000; ++i) {
    const Price price = random_price(random);
    const Usage usage = random_usage(random);
    const Rates rates = price.rates_for(usage.input);
    in_tier += price.tier_count > 0 && usage.input > price.tiers[0].above_input_tokens ? 1U : 0U;
    Wide sum = 0;
    const auto add = [&sum](std::uint64_t tokens, Picodollars rate) {
      for (Wide bit = 1; bit <= tokens; bit <<= 1U)
        if ((tokens & bit) != 0) sum += bit * rate;
    };
    add(usage.input - usage.cached_input - usage.cache_creation, rates.input);
    add(usage.cached_input, rates.cached_input);
    add(usage.cache_creation - usage.cache_creation_1h, rates.cache_creation);
    add(usage.cache_creation_1h, rates.cache_creation_1h);
    add(usage.output - usage.reasoning, rates.output);
    add(usage.reasoning, rates.reasoning);
    const auto cost = cost_of(price, usage);
    REQUIRE(cost);
    REQUIRE(static_cast<Wide>(cost->total_picodollars()) == sum);
  }
  CHECK(in_tier > 1000);
}

TEST_CASE("two requests cost together what they cost apart, where no tier comes between") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 20'000; ++i) {
    Price price = random_price(random);
    price.tier_count = 0;
    const Usage a = random_usage(random);
    const Usage b = random_usage(random);
    const Usage both{a.input + b.input,
                     a.output + b.output,
                     a.cached_input + b.cached_input,
                     a.cache_creation + b.cache_creation,
                     a.reasoning + b.reasoning,
                     a.cache_creation_1h + b.cache_creation_1h};
    REQUIRE(cost_of(price, both)->total_picodollars() ==
            cost_of(price, a)->total_picodollars() + cost_of(price, b)->total_picodollars());
  }
}

TEST_CASE("a token more never costs less, where tiers rise") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 20'000; ++i) {
    Price price{{random.below(1000), random.below(1000), random.below(1000)}, {}, 0};
    insert_tier(price, {500, {price.base.input * 2, price.base.output * 2}});
    Usage usage{.input = random.below(1000), .output = random.below(1000)};
    const auto before = cost_of(price, usage)->total_picodollars();
    ++(random.chance(0.5) ? usage.input : usage.output);
    REQUIRE(cost_of(price, usage)->total_picodollars() >= before);
  }
}

TEST_CASE("prices of the program become whole picodollars") {
  const auto price =
      from_model_price({{.input_usd_per_mtok = 0.003625, .output_usd_per_mtok = 22.5}, {}});
  REQUIRE(price);
  CHECK(price->base.input == 3625);
  CHECK(price->base.output == 22'500'000);
  CHECK(price->base.cached_input == kUnset);
}

TEST_CASE("prices of the program that make no sense are refused") {
  const double wrong[] = {
      -1, std::nan(""), std::numeric_limits<double>::infinity(), 1'000'001, 1e-7};
  for (const double usd : wrong) {
    CHECK_FALSE(from_model_price({{.input_usd_per_mtok = usd, .output_usd_per_mtok = 1}, {}}));
    CHECK_FALSE(from_model_price({{.reasoning_usd_per_mtok = usd}, {}}));
    CHECK_FALSE(from_model_price({{}, {{1000, {.output_usd_per_mtok = usd}}}}));
  }
  CHECK(from_model_price({}));
}

TEST_CASE("tiers of the program may come in any order, but not twice and not more than 8") {
  ModelPrice price;
  for (const std::uint64_t above : {300U, 100U, 200U})
    price.tiers.push_back({above, {.input_usd_per_mtok = static_cast<double>(above)}});
  const auto made = from_model_price(price);
  REQUIRE(made);
  CHECK(made->rates_for(250).input == 200'000'000);
  price.tiers.push_back({200, {}});
  CHECK_FALSE(from_model_price(price));
  price.tiers.clear();
  for (std::uint64_t i = 1; i <= 9; ++i) price.tiers.push_back({i, {}});
  CHECK_FALSE(from_model_price(price));
  price.tiers.pop_back();
  CHECK(from_model_price(price));
}

TEST_CASE("a price shown to the program gives the same price when it is set") {
  PAWL_PRINT_SEED();
  Random random;
  for (int i = 0; i < 5'000; ++i) {
    const Price price = random_price(random);
    const auto again = from_model_price(to_model_price(price));
    REQUIRE(again);
    const Usage usage = random_usage(random);
    REQUIRE(cost_of(*again, usage) == cost_of(price, usage));
  }
}

TEST_CASE("a cost as a double is the one nearest to it") {
  CHECK(Cost::from_picodollars(5'520'000'000, 4'680'000'000)->usd() == 0.0102);
  CHECK(Cost::from_picodollars(1, 0)->usd() == 1e-12);
}

}  // namespace
