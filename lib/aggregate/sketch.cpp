#include "aggregate/sketch.h"

#include <algorithm>

namespace pawl::aggregate {

// Finds the keys and all the memory that they take first, so that the rest cannot fail halfway.
void Sketch::add(std::span<const double> values) {
  if (values.empty()) return;
  std::array<std::int32_t, kBatch> keys;
  if (!find_keys(values, keys.data())) [[unlikely]]
    return add_in_parts(values);
  const Totals totals = totals_of(values);
  // Keys rise with values.
  const std::int32_t lowest = place_of(totals.min).key >> kChunkBits;
  const std::int32_t highest = place_of(totals.max).key >> kChunkBits;
  if (!has_chunks(lowest, highest)) {
    span_chunks(lowest, highest);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (std::uint16_t& one = place(keys[i]); one == kNone) make_chunk(one);
  }
  add_to_bins(values, keys.data());
  total_.add(totals.sum);
  min_ = std::min(min_, totals.min);
  max_ = std::max(max_, totals.max);
  binned_ += values.size();
}

// Tells whether none of the values is loose.
bool Sketch::find_keys(std::span<const double> values, std::int32_t* keys) noexcept {
  bool loose = false;
  for (const double value : values) {
    const Place place = place_of(value);
    *keys++ = place.key;
    loose |= place.loose;
  }
  return !loose;
}

// Those that are loose, and those that are not.
void Sketch::add_in_parts(std::span<const double> values) {
  std::array<double, kBatch> parts;
  std::copy(values.begin(), values.end(), parts.begin());
  auto* const end = parts.data() + values.size();
  auto* const loose =
      std::partition(parts.data(), end, [](double value) { return !place_of(value).loose; });
  exact_.reserve(static_cast<std::size_t>(end - loose));
  if (loose != parts.data()) add({parts.data(), loose});
  for (const double* value = loose; value != end; ++value) exact_.add(*value);
}

void Sketch::add_exact(std::span<const double> values) {
  exact_.reserve(values.size());
  for (const double value : values) exact_.add(value);
}

bool Sketch::has_chunks(std::int32_t lowest, std::int32_t highest) const noexcept {
  if (lowest < first_ || highest - first_ >= static_cast<std::int32_t>(places_.size()))
    return false;
  const auto end = places_.begin() + (highest - first_) + 1;
  return std::find(places_.begin() + (lowest - first_), end, kNone) == end;
}

void Sketch::span_chunks(std::int32_t lowest, std::int32_t highest) {
  if (places_.empty()) first_ = lowest;
  if (lowest < first_) {
    places_.insert(places_.begin(), static_cast<std::size_t>(first_ - lowest), kNone);
    first_ = lowest;
  }
  const auto size = static_cast<std::size_t>(highest - first_) + 1;
  if (places_.size() < size) places_.resize(size, kNone);
}

// Room grows by an eighth: twice as much would be too much for most.
void Sketch::make_chunk(std::uint16_t& place) {
  if (chunks_.size() == chunks_.capacity())
    chunks_.reserve(chunks_.size() + 4 + chunks_.size() / 8);
  chunks_.emplace_back();
  place = static_cast<std::uint16_t>(chunks_.size() - 1);
}

void Sketch::add_to_bins(std::span<const double> values, const std::int32_t* keys) noexcept {
  Chunk* const chunks = chunks_.data();
  for (const double value : values) {
    Chunk& chunk = chunks[place(*keys)];
    const auto bin = static_cast<std::uint32_t>(*keys++) % kBinsInChunk;
    chunk.sums[bin] += value;
    ++chunk.counts[bin];
  }
}

// Four at a time, because an addition waits for the one before. What 64 plain additions lose is
// 7e-15 of the sum at the very most, so that only the batches need to be added with care.
Sketch::Totals Sketch::totals_of(std::span<const double> values) noexcept {
  constexpr std::size_t kLanes = 4;
  double sums[kLanes]{};
  double lows[kLanes] = {values[0], values[0], values[0], values[0]};
  double highs[kLanes] = {values[0], values[0], values[0], values[0]};
  const auto take = [&](std::size_t lane, double value) {
    sums[lane] += value;
    lows[lane] = std::min(lows[lane], value);
    highs[lane] = std::max(highs[lane], value);
  };
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lane, values[i + lane]);
  for (; i < values.size(); ++i) take(0, values[i]);
  return {.sum = (sums[0] + sums[1]) + (sums[2] + sums[3]),
          .min = *std::min_element(lows, lows + kLanes),
          .max = *std::max_element(highs, highs + kLanes)};
}

std::size_t Sketch::bytes() const noexcept {
  return sizeof(Sketch) + chunks_.capacity() * sizeof(Chunk) +
         places_.capacity() * sizeof(std::uint16_t) + exact_.bytes();
}

std::size_t Sketch::capacity_bytes() const noexcept {
  return bytes() - exact_.bytes() + exact_.capacity_bytes();
}

void Sketch::clear() noexcept {
  chunks_.clear();
  places_.clear();
  exact_.clear();
  binned_ = 0;
  min_ = std::numeric_limits<double>::infinity();
  max_ = -std::numeric_limits<double>::infinity();
  total_ = {};
}

}  // namespace pawl::aggregate
