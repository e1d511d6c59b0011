#pragma once

// One model of a price file while its fields are read, one after the other in any order.
//
// Threads: one at a time.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "llm/price_rates.h"

namespace pawl::llm {

// A field that is a price by the token: which rate it is, and above how much input (0: any).
struct PriceField {
  Picodollars Rates::*rate;
  std::uint64_t above_input_tokens = 0;
};

// Gives nullopt for every other field.
std::optional<PriceField> price_field(std::string_view name) noexcept;

class PriceModel {
 public:
  // Takes a rate; gives what is wrong with it: a second one for the same, or too many tiers.
  const char* take(const PriceField& field, Picodollars rate) noexcept;

  // Tells whether there is a price for input and for output.
  bool priced() const noexcept;
  const Price& price() const noexcept { return price_; }

 private:
  Rates* rates_above(std::uint64_t input_tokens) noexcept;

  Price price_;
};

}  // namespace pawl::llm
