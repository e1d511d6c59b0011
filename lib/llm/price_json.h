#pragma once

// The format of LiteLLM's model_prices_and_context_window.json:
//
//     {"gpt-4.1": {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06,
//                  "cache_read_input_token_cost": 5e-07, "litellm_provider": "openai", ...}, ...}
//
// in dollars a token, with `_above_200k_tokens` (or another number) after a field's name for a
// tier.
//
// Threads: functions without state.

#include <string>

#include <pawl/price_book.h>
#include <pawl/result.h>

#include "llm/price_table.h"

namespace pawl::llm {

struct ParsedPrices {
  PriceLayer layer;
  PriceFileReport report;
};

// Reads the text of a file; changes it on the way. Errors name line and column. Throws
// std::bad_alloc.
Result<ParsedPrices> parse_prices(std::string text);

}  // namespace pawl::llm
