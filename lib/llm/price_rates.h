#pragma once

// A model's prices as whole picodollars a token, and what a request costs by them.
//
// Threads: values and functions without state.
// Errors: what does not fit 64 bits gives nullopt; a sum is never wrong.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include <pawl/price_book.h>

namespace pawl::llm {

using Picodollars = std::uint64_t;

// A dollar a token is far above any price, and what a price per million tokens in the wrong field
// looks like.
inline constexpr Picodollars kHighestRate = 1'000'000'000'000;
// Not said: another rate stands in for it.
inline constexpr Picodollars kUnset = std::numeric_limits<Picodollars>::max();
inline constexpr std::size_t kMaxTiers = 8;

struct Rates {
  Picodollars input = kUnset;
  Picodollars output = kUnset;
  Picodollars cached_input = kUnset;
  Picodollars cache_creation = kUnset;
  Picodollars cache_creation_1h = kUnset;
  Picodollars reasoning = kUnset;
};

// In a tier, input and output that are unset are as below it; for the other rates that are unset
// these two stand in, as everywhere.
struct RateTier {
  std::uint64_t above_input_tokens = 0;
  Rates rates;
};

struct Price {
  Rates base;
  std::array<RateTier, kMaxTiers> tiers{};  // `tier_count` of them, by rising threshold
  std::size_t tier_count = 0;

  // Gives the prices of a request with so much input, with nothing unset.
  // REQUIRES: base.input and base.output are set.
  Rates rates_for(std::uint64_t input_tokens) const noexcept;
};

std::optional<Cost> cost_of(const Price& price, const Usage& usage) noexcept;

// Between what the program sees and what is reckoned with. from_model_price() gives nullopt when a
// price is negative, NaN, above kHighestRate or rounds to nothing, and when there are too many
// tiers, or two with the same threshold; tiers may come in any order.
std::optional<Price> from_model_price(const ModelPrice& price) noexcept;
ModelPrice to_model_price(const Price& price);

// Puts a tier where its threshold wants it; false when there is one or no room.
bool insert_tier(Price& price, const RateTier& tier) noexcept;

}  // namespace pawl::llm
