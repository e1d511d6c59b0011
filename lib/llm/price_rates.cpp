#include "llm/price_rates.h"

#include <algorithm>
#include <cmath>

namespace pawl::llm {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr double kPicodollarsPerUsdPerMtok = 1e6;

void stand_in(Picodollars& rate, Picodollars other) {
  if (rate == kUnset) rate = other;
}

// A tier reprices the whole request: a cache or reasoning price of below it does not hold above.
void take_tier(Rates& rates, const Rates& tier) {
  const Rates below = rates;
  rates = tier;
  stand_in(rates.input, below.input);
  stand_in(rates.output, below.output);
}

// Six products of 64 bits fit 128: the rates are capped, at 40 bits.
Wide product(std::uint64_t tokens, Picodollars rate) { return static_cast<Wide>(tokens) * rate; }

bool to_rate(double usd_per_mtok, Picodollars& rate) {
  const double picodollars = usd_per_mtok * kPicodollarsPerUsdPerMtok;
  if (!(picodollars >= 0 && picodollars <= static_cast<double>(kHighestRate))) return false;
  rate = static_cast<Picodollars>(std::llround(picodollars));
  return rate != 0 || usd_per_mtok == 0;
}

bool to_rate(const std::optional<double>& usd_per_mtok, Picodollars& rate) {
  return !usd_per_mtok || to_rate(*usd_per_mtok, rate);
}

bool to_rates(const TokenPrices& prices, Rates& rates) {
  return to_rate(prices.input_usd_per_mtok, rates.input) &&
         to_rate(prices.output_usd_per_mtok, rates.output) &&
         to_rate(prices.cached_input_usd_per_mtok, rates.cached_input) &&
         to_rate(prices.cache_creation_usd_per_mtok, rates.cache_creation) &&
         to_rate(prices.cache_creation_1h_usd_per_mtok, rates.cache_creation_1h) &&
         to_rate(prices.reasoning_usd_per_mtok, rates.reasoning);
}

double to_usd(Picodollars rate) { return static_cast<double>(rate) / kPicodollarsPerUsdPerMtok; }

std::optional<double> to_optional_usd(Picodollars rate) {
  return rate == kUnset ? std::nullopt : std::optional{to_usd(rate)};
}

TokenPrices to_prices(const Rates& rates) {
  return {.input_usd_per_mtok = to_usd(rates.input),
          .output_usd_per_mtok = to_usd(rates.output),
          .cached_input_usd_per_mtok = to_optional_usd(rates.cached_input),
          .cache_creation_usd_per_mtok = to_optional_usd(rates.cache_creation),
          .cache_creation_1h_usd_per_mtok = to_optional_usd(rates.cache_creation_1h),
          .reasoning_usd_per_mtok = to_optional_usd(rates.reasoning)};
}

}  // namespace

Rates Price::rates_for(std::uint64_t input_tokens) const noexcept {
  Rates rates = base;
  for (std::size_t i = 0; i < tier_count && input_tokens > tiers[i].above_input_tokens; ++i)
    take_tier(rates, tiers[i].rates);
  stand_in(rates.cached_input, rates.input);
  stand_in(rates.cache_creation, rates.input);
  stand_in(rates.cache_creation_1h, rates.cache_creation);
  stand_in(rates.reasoning, rates.output);
  return rates;
}

std::optional<Cost> cost_of(const Price& price, const Usage& usage) noexcept {
  if (!usage.consistent()) return std::nullopt;
  const Rates rates = price.rates_for(usage.input);
  const std::uint64_t text_input = usage.input - usage.cached_input - usage.cache_creation;
  const std::uint64_t short_creation = usage.cache_creation - usage.cache_creation_1h;
  const Wide input = product(text_input, rates.input) +
                     product(usage.cached_input, rates.cached_input) +
                     product(short_creation, rates.cache_creation) +
                     product(usage.cache_creation_1h, rates.cache_creation_1h);
  const Wide output = product(usage.output - usage.reasoning, rates.output) +
                      product(usage.reasoning, rates.reasoning);
  if (input > UINT64_MAX || output > UINT64_MAX) return std::nullopt;
  return Cost::from_picodollars(static_cast<Picodollars>(input), static_cast<Picodollars>(output));
}

bool insert_tier(Price& price, const RateTier& tier) noexcept {
  const auto end = price.tiers.begin() + static_cast<std::ptrdiff_t>(price.tier_count);
  const auto at = std::find_if(price.tiers.begin(), end, [&tier](const RateTier& each) {
    return each.above_input_tokens >= tier.above_input_tokens;
  });
  if (at != end && at->above_input_tokens == tier.above_input_tokens) return false;
  if (price.tier_count == kMaxTiers) return false;
  std::move_backward(at, end, end + 1);
  *at = tier;
  ++price.tier_count;
  return true;
}

std::optional<Price> from_model_price(const ModelPrice& price) noexcept {
  Price made;
  if (!to_rates(price.prices, made.base)) return std::nullopt;
  for (const PriceTier& tier : price.tiers) {
    RateTier taken{tier.above_input_tokens, {}};
    if (!to_rates(tier.prices, taken.rates) || !insert_tier(made, taken)) return std::nullopt;
  }
  return made;
}

ModelPrice to_model_price(const Price& price) {
  ModelPrice made{to_prices(price.base), {}};
  for (std::size_t i = 0; i < price.tier_count; ++i) {
    Rates rates = price.base;
    for (std::size_t j = 0; j <= i; ++j) take_tier(rates, price.tiers[j].rates);
    made.tiers.push_back({price.tiers[i].above_input_tokens, to_prices(rates)});
  }
  return made;
}

}  // namespace pawl::llm
