#pragma once
// What `pawl price` prints, for people and as JSON. Costs are exact decimals, in JSON as text, so
// that no reader rounds them; prices are dollars for a million tokens.
//
// Threads: functions without state.

#include <string>
#include <string_view>
#include <vector>

#include <pawl/price_book.h>

namespace pawl::tools {

// A request that has a cost.
struct PricedRequest {
  std::string_view model;  // as it was asked for
  llm::Usage usage;
  llm::Cost cost;
  llm::PriceEntry entry;
  std::string_view file;  // that was loaded, if any
};

std::vector<std::string> price_lines(const PricedRequest& request);
std::string price_json(const PricedRequest& request);

// One line for each entry and each of its tiers, in columns, with a heading.
std::vector<std::string> price_list_lines(const std::vector<llm::PriceEntry>& entries,
                                          std::string_view file);
std::string price_list_json(const llm::PriceEntry& entry);

}  // namespace pawl::tools
