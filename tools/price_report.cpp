#include "tools/price_report.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/arguments.h"

namespace pawl::tools {
namespace {

using llm::ModelPrice;
using llm::PriceEntry;
using llm::PriceSource;
using llm::PriceTier;
using llm::TokenPrices;
using std::string_view;
using Json = nlohmann::ordered_json;

std::string source_text(PriceSource source, string_view file) {
  if (source == PriceSource::file) return printable(file, 300);
  return fmt::format("built-in prices of {}", llm::PriceBook::snapshot_date());
}

// The highest tier that the input exceeds.
const PriceTier* tier_of(const ModelPrice& price, std::uint64_t input_tokens) {
  const PriceTier* found = nullptr;
  for (const PriceTier& tier : price.tiers)
    if (input_tokens > tier.above_input_tokens) found = &tier;
  return found;
}

struct Column {
  string_view name;  // of people's text
  string_view key;   // of JSON
  std::optional<double> usd;
};

std::vector<Column> columns(const TokenPrices& prices) {
  return {{"input", "input_usd_per_mtok", prices.input_usd_per_mtok},
          {"output", "output_usd_per_mtok", prices.output_usd_per_mtok},
          {"cached", "cached_input_usd_per_mtok", prices.cached_input_usd_per_mtok},
          {"cache creation", "cache_creation_usd_per_mtok", prices.cache_creation_usd_per_mtok},
          {"cache creation 1h",
           "cache_creation_1h_usd_per_mtok",
           prices.cache_creation_1h_usd_per_mtok},
          {"reasoning", "reasoning_usd_per_mtok", prices.reasoning_usd_per_mtok}};
}

std::string rates_text(const TokenPrices& prices) {
  std::string text;
  for (const Column& column : columns(prices)) {
    if (!column.usd) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} ${}", column.name, *column.usd);
  }
  return text + " for a million tokens";
}

Json rates_json(const TokenPrices& prices) {
  Json out;
  for (const Column& column : columns(prices))
    if (column.usd) out[std::string{column.key}] = *column.usd;
  return out;
}

// What the command line or a file holds may be no valid UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string list_line(string_view name, string_view from, const TokenPrices& prices) {
  const auto cell = [](const std::optional<double>& usd) {
    return usd ? fmt::format("{}", *usd) : std::string{"-"};
  };
  return fmt::format("{:<34} {:<9} {:>9} {:>9} {:>9} {:>9}",
                     name,
                     from,
                     cell(prices.input_usd_per_mtok),
                     cell(prices.cached_input_usd_per_mtok),
                     cell(prices.cache_creation_usd_per_mtok),
                     cell(prices.output_usd_per_mtok));
}

}  // namespace

std::vector<std::string> price_lines(const PricedRequest& request) {
  const PriceTier* tier = tier_of(request.entry.price, request.usage.input);
  std::vector<std::string> lines{
      fmt::format("input   ${}", request.cost.input_usd()),
      fmt::format("output  ${}", request.cost.output_usd()),
      fmt::format("total   ${}", request.cost.total_usd()),
      fmt::format("price   {}, {}",
                  printable(request.entry.name),
                  source_text(request.entry.source, request.file)),
      fmt::format("rates   {}", rates_text(tier ? tier->prices : request.entry.price.prices))};
  if (tier) lines.push_back(fmt::format("tier    above {} input tokens", tier->above_input_tokens));
  return lines;
}

std::string price_json(const PricedRequest& request) {
  const PriceTier* tier = tier_of(request.entry.price, request.usage.input);
  Json out;
  out["model"] = request.model;
  out["input_cost_usd"] = request.cost.input_usd();
  out["output_cost_usd"] = request.cost.output_usd();
  out["total_cost_usd"] = request.cost.total_usd();
  out["price_name"] = request.entry.name;
  out["price_source"] = to_string(request.entry.source);
  if (request.entry.source == PriceSource::file) out["price_file"] = request.file;
  if (request.entry.source == PriceSource::snapshot)
    out["price_date"] = llm::PriceBook::snapshot_date();
  if (tier) out["tier_above_input_tokens"] = tier->above_input_tokens;
  out["rates"] = rates_json(tier ? tier->prices : request.entry.price.prices);
  return dump(out);
}

std::vector<std::string> price_list_lines(const std::vector<PriceEntry>& entries,
                                          string_view file) {
  std::vector<std::string> lines{
      fmt::format("US dollars for a million tokens; {}{}",
                  file.empty() ? std::string{} : "file: " + printable(file, 300) + ", snapshot: ",
                  source_text(PriceSource::snapshot, {})),
      fmt::format("{:<34} {:<9} {:>9} {:>9} {:>9} {:>9}",
                  "model",
                  "source",
                  "input",
                  "cached",
                  "creation",
                  "output")};
  for (const PriceEntry& entry : entries) {
    lines.push_back(list_line(printable(entry.name), to_string(entry.source), entry.price.prices));
    for (const PriceTier& tier : entry.price.tiers)
      lines.push_back(
          list_line(fmt::format("  above {} input", tier.above_input_tokens), "", tier.prices));
  }
  return lines;
}

std::string price_list_json(const PriceEntry& entry) {
  Json out;
  out["model"] = entry.name;
  out["provider"] = entry.provider;
  out["source"] = to_string(entry.source);
  out["rates"] = rates_json(entry.price.prices);
  if (!entry.price.tiers.empty()) out["tiers"] = Json::array();
  for (const PriceTier& tier : entry.price.tiers)
    out["tiers"].push_back(
        Json{{"above_input_tokens", tier.above_input_tokens}, {"rates", rates_json(tier.prices)}});
  return dump(out);
}

}  // namespace pawl::tools
