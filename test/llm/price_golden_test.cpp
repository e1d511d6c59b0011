#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <pawl/price_book.h>

// Costs reckoned apart from this library, with exact decimals, from the prices of 2026-08-21. They
// change only when the built-in prices of these models do.

namespace {

using pawl::llm::PriceBook;
using pawl::llm::Usage;

struct Golden {
  std::string_view model;
  Usage usage;
  std::string_view input_usd;
  std::string_view output_usd;
  std::string_view total_usd;
  std::uint64_t nanodollars;
};

constexpr Golden kGolden[] = {
    {"claude-sonnet-4-5",
     {.input = 1840, .output = 312},
     "0.00552",
     "0.00468",
     "0.0102",
     10'200'000},
    {"gpt-4o-mini", {.input = 1000, .output = 500}, "0.00015", "0.0003", "0.00045", 450'000},
    {"gpt-4o",
     {.input = 2006, .output = 300, .cached_input = 1920},
     "0.002615",
     "0.003",
     "0.005615",
     5'615'000},
    {"claude-sonnet-4-5", {.input = 200'000, .output = 1000}, "0.6", "0.015", "0.615", 615'000'000},
    {"claude-sonnet-4-5",
     {.input = 200'001, .output = 1000},
     "1.200006",
     "0.0225",
     "1.222506",
     1'222'506'000},
    {"claude-sonnet-4-5",
     {.input = 12'000,
      .output = 800,
      .cached_input = 9000,
      .cache_creation = 2500,
      .cache_creation_1h = 500},
     "0.0147",
     "0.012",
     "0.0267",
     26'700'000},
    {"gemini-2.5-pro", {.input = 250'000, .output = 2000}, "0.625", "0.03", "0.655", 655'000'000},
    {"gpt-5.4",
     {.input = 272'001, .output = 100, .cached_input = 100'000},
     "0.910005",
     "0.00225",
     "0.912255",
     912'255'000},
    {"llama-3.3-70b-versatile",
     {.input = 1, .output = 1},
     "0.00000059",
     "0.00000079",
     "0.00000138",
     1380},
    {"o3", {}, "0", "0", "0", 0},
};

TEST_CASE("the golden costs are exact to the nanodollar, and to the last decimal") {
  const PriceBook book;
  for (const Golden& golden : kGolden) {
    INFO(golden.model, " ", golden.usage.input);
    const auto cost = book.cost("", golden.model, golden.usage);
    REQUIRE(cost);
    CHECK(cost->input_usd() == golden.input_usd);
    CHECK(cost->output_usd() == golden.output_usd);
    CHECK(cost->total_usd() == golden.total_usd);
    CHECK(cost->total_picodollars() == golden.nanodollars * 1000);
  }
}

}  // namespace
