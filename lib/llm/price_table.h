#pragma once

// One layer of prices, by name; and the three of a book, the uppermost that knows a model first.
//
// Threads: const from any; a book's tables are never changed once published.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pawl/price_book.h>

#include "base/hash.h"
#include "llm/price_rates.h"

namespace pawl::llm {

struct PricedModel {
  Price price;
  std::string provider;
};

class PriceLayer {
 public:
  using Entry = std::pair<const std::string, PricedModel>;

  // Adds a model; false when it is there already.
  bool add(std::string name, const PricedModel& model);
  void replace(std::string name, const PricedModel& model);

  // Finds a name as it is.
  const Entry* at(std::string_view name) const noexcept;
  // Finds the first spelling that stands here.
  const Entry* find(std::string_view provider, std::string_view model) const noexcept;

  std::size_t size() const noexcept { return models_.size(); }
  auto begin() const noexcept { return models_.begin(); }
  auto end() const noexcept { return models_.end(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const noexcept { return base::hash_bytes(name); }
  };
  std::unordered_map<std::string, PricedModel, Hash, std::equal_to<>> models_;
};

// Gives the built-in snapshot as a layer.
PriceLayer snapshot_layer();

struct PriceTables {
  std::shared_ptr<const PriceLayer> program;
  std::shared_ptr<const PriceLayer> file;
  std::shared_ptr<const PriceLayer> snapshot;
  std::shared_ptr<const PriceFileReport> report;  // of the file; nullptr without one

  struct Found {
    const PriceLayer::Entry* entry = nullptr;
    PriceSource source = PriceSource::snapshot;
  };
  Found find(std::string_view provider, std::string_view model) const noexcept;

  // Gives every name that find() may answer with, sorted.
  std::vector<PriceEntry> entries() const;
};

PriceEntry to_price_entry(const PriceLayer::Entry& entry, PriceSource source);

}  // namespace pawl::llm
