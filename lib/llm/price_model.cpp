#include "llm/price_model.h"

#include <charconv>
#include <system_error>

namespace pawl::llm {
namespace {

using std::string_view;

struct FieldName {
  string_view name;
  Picodollars Rates::*rate;
};

// A longer name comes before the one that it begins with.
constexpr FieldName kFields[] = {
    {"input_cost_per_token", &Rates::input},
    {"output_cost_per_token", &Rates::output},
    {"cache_read_input_token_cost", &Rates::cached_input},
    {"cache_creation_input_token_cost_above_1hr", &Rates::cache_creation_1h},
    {"cache_creation_input_token_cost", &Rates::cache_creation},
    {"output_cost_per_reasoning_token", &Rates::reasoning},
};

// "_above_200k_tokens"; 0 for anything else. Other ends are other prices (_batches, _priority).
std::uint64_t threshold(string_view end) noexcept {
  constexpr string_view kBefore = "_above_";
  constexpr string_view kAfter = "k_tokens";
  if (end.size() <= kBefore.size() + kAfter.size() || !end.starts_with(kBefore) ||
      !end.ends_with(kAfter))
    return 0;
  end.remove_prefix(kBefore.size());
  end.remove_suffix(kAfter.size());
  std::uint32_t thousands = 0;
  const auto [stop, error] = std::from_chars(end.data(), end.data() + end.size(), thousands);
  const bool whole = error == std::errc{} && stop == end.data() + end.size();
  return whole ? std::uint64_t{thousands} * 1000 : 0;
}

}  // namespace

std::optional<PriceField> price_field(string_view name) noexcept {
  for (const FieldName& field : kFields) {
    if (!name.starts_with(field.name)) continue;
    const string_view end = name.substr(field.name.size());
    if (end.empty()) return PriceField{field.rate, 0};
    if (const std::uint64_t above = threshold(end)) return PriceField{field.rate, above};
  }
  return std::nullopt;
}

Rates* PriceModel::rates_above(std::uint64_t input_tokens) noexcept {
  if (input_tokens == 0) return &price_.base;
  insert_tier(price_, {input_tokens, {}});
  for (std::size_t i = 0; i < price_.tier_count; ++i)
    if (price_.tiers[i].above_input_tokens == input_tokens) return &price_.tiers[i].rates;
  return nullptr;
}

const char* PriceModel::take(const PriceField& field, Picodollars rate) noexcept {
  Rates* rates = rates_above(field.above_input_tokens);
  if (rates == nullptr) return "more than 8 tiers";
  if (rates->*field.rate != kUnset) return "a second price for the same";
  rates->*field.rate = rate;
  return nullptr;
}

bool PriceModel::priced() const noexcept {
  return price_.base.input != kUnset && price_.base.output != kUnset;
}

}  // namespace pawl::llm
