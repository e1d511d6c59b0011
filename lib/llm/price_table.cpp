#include "llm/price_table.h"

#include <algorithm>

#include "llm/price_names.h"
#include "llm/price_snapshot.h"

namespace pawl::llm {

bool PriceLayer::add(std::string name, const PricedModel& model) {
  return models_.try_emplace(std::move(name), model).second;
}

void PriceLayer::replace(std::string name, const PricedModel& model) {
  models_.insert_or_assign(std::move(name), model);
}

const PriceLayer::Entry* PriceLayer::at(std::string_view name) const noexcept {
  const auto found = models_.find(name);
  return found == models_.end() ? nullptr : &*found;
}

const PriceLayer::Entry* PriceLayer::find(std::string_view provider,
                                          std::string_view model) const noexcept {
  if (models_.empty()) return nullptr;
  return find_spelling(provider, model, [this](std::string_view name) { return at(name); });
}

PriceLayer snapshot_layer() {
  PriceLayer layer;
  for (const SnapshotName& name : kSnapshot.names) {
    const SnapshotModel& model = kSnapshot.models[name.model];
    layer.add(std::string{name.name}, {model.price, std::string{model.provider}});
  }
  return layer;
}

PriceTables::Found PriceTables::find(std::string_view provider,
                                     std::string_view model) const noexcept {
  if (const auto* entry = program->find(provider, model)) return {entry, PriceSource::program};
  if (const auto* entry = file->find(provider, model)) return {entry, PriceSource::file};
  return {snapshot->find(provider, model), PriceSource::snapshot};
}

std::vector<PriceEntry> PriceTables::entries() const {
  std::vector<PriceEntry> all;
  const auto add = [&all, this](const PriceLayer& layer, PriceSource source) {
    for (const PriceLayer::Entry& entry : layer)
      if (find({}, entry.first).entry == &entry) all.push_back(to_price_entry(entry, source));
  };
  add(*program, PriceSource::program);
  add(*file, PriceSource::file);
  add(*snapshot, PriceSource::snapshot);
  std::sort(all.begin(), all.end(), [](const PriceEntry& a, const PriceEntry& b) {
    return a.name < b.name;
  });
  return all;
}

PriceEntry to_price_entry(const PriceLayer::Entry& entry, PriceSource source) {
  return {entry.first, entry.second.provider, source, to_model_price(entry.second.price)};
}

}  // namespace pawl::llm
