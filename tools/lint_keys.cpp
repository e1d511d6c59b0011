#include "tools/lint_keys.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <utility>

namespace pawl::tools {
namespace {

using std::string_view;

// The standard's hash may leave bits alike; this spreads them (the finaliser of MurmurHash3).
std::uint64_t hash_of(string_view text) {
  std::uint64_t hash = std::hash<string_view>{}(text);
  hash = (hash ^ (hash >> 33)) * 0xff51'afd7'ed55'8ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ce'b9fe'1a85'ec53;
  return hash ^ (hash >> 33);
}

}  // namespace

void DistinctValues::add(string_view value) {
  const std::uint64_t hash = hash_of(value);
  if (many()) return add_to_sketch(hash);
  hashes_.insert(hash);
  if (hashes_.size() <= exact_up_to_) return;
  sketch_ = std::make_unique<Sketch>();
  for (const std::uint64_t known : hashes_) add_to_sketch(known);
  hashes_ = {};
}

void DistinctValues::add_to_sketch(std::uint64_t hash) noexcept {
  const std::size_t index = hash >> (64 - kIndexBits);
  const std::uint64_t rest = hash << kIndexBits | (std::uint64_t{1} << (kIndexBits - 1));
  const auto rank = static_cast<std::uint8_t>(std::countl_zero(rest) + 1);
  (*sketch_)[index] = std::max((*sketch_)[index], rank);
}

std::uint64_t DistinctValues::count() const {
  if (!many()) return hashes_.size();
  const auto registers = static_cast<double>(sketch_->size());
  double sum = 0;
  for (const std::uint8_t rank : *sketch_) sum += std::ldexp(1.0, -rank);
  const auto empty = static_cast<double>(std::count(sketch_->begin(), sketch_->end(), 0));
  const double raw = 0.7213 / (1 + 1.079 / registers) * registers * registers / sum;
  // Few values leave registers empty, whose number tells more.
  const bool few = raw <= 2.5 * registers && empty > 0;
  const auto estimate =
      static_cast<std::uint64_t>(std::llround(few ? registers * std::log(registers / empty) : raw));
  return std::max<std::uint64_t>(estimate, exact_up_to_ + 1);
}

void KeyValues::add(string_view tag, string_view metric) {
  const auto colon = tag.find(':');
  const string_view key = tag.substr(0, colon);
  auto found = keys_.find(key);
  if (found == keys_.end()) {
    too_many_keys_ = too_many_keys_ || keys_.size() == kMostKeys;
    if (keys_.size() == kMostKeys) return;
    Seen seen{DistinctValues{max_values_}, std::string{metric}};
    found = keys_.emplace(std::string{key}, std::move(seen)).first;
  }
  found->second.values.add(colon == string_view::npos ? string_view{} : tag.substr(colon + 1));
}

std::vector<KeyValues::Key> KeyValues::exploding() const {
  std::vector<Key> many;
  for (const auto& [key, seen] : keys_)
    if (seen.values.many()) many.push_back({key, seen.values.count(), seen.metric});
  std::sort(many.begin(), many.end(), [](const Key& a, const Key& b) {
    return a.values != b.values ? a.values > b.values : a.key < b.key;
  });
  return many;
}

}  // namespace pawl::tools
