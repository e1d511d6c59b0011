#include "aggregate/sketch.h"

#include <algorithm>

namespace pawl::aggregate {

// In two passes: the first finds the keys, and after it all the memory that they take, so that the
// second cannot fail halfway.
void Sketch::add(std::span<const double> values) {
  Batch batch{.values = values, .keys = {}};
  if (!find_keys(batch)) [[unlikely]]
    return add_in_parts(values);
  if (!has_room_for(batch)) make_room_for(batch);
  add_to_bins(batch);
  add_to_totals(values);
}

// Tells whether none of the values is loose.
bool Sketch::find_keys(Batch& batch) noexcept {
  bool loose = false;
  std::int32_t lowest = batch.lowest;
  std::int32_t highest = batch.highest;
  std::int32_t* key = batch.keys.data();
  for (const double value : batch.values) {
    const Place place = place_of(value);
    *key++ = place.key;
    loose |= place.loose;
    lowest = std::min(lowest, place.key);
    highest = std::max(highest, place.key);
  }
  batch.lowest = lowest;
  batch.highest = highest;
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

bool Sketch::has_room_for(const Batch& batch) const noexcept {
  const std::int32_t lowest = (batch.lowest >> kChunkBits) - first_;
  const std::int32_t highest = (batch.highest >> kChunkBits) - first_;
  if (lowest < 0 || highest >= static_cast<std::int32_t>(places_.size())) return false;
  const auto first = places_.begin() + lowest;
  return std::find(first, places_.begin() + highest + 1, kNone) == places_.begin() + highest + 1;
}

void Sketch::make_room_for(const Batch& batch) {
  span_chunks(batch.lowest >> kChunkBits, batch.highest >> kChunkBits);
  for (std::size_t i = 0; i < batch.values.size(); ++i)
    if (std::uint16_t& one = place(batch.keys[i]); one == kNone) make_chunk(one);
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

// Room grows by four chunks: twice as much would be too much for most.
void Sketch::make_chunk(std::uint16_t& place) {
  if (chunks_.size() == chunks_.capacity()) chunks_.reserve(chunks_.size() + 4 + chunks_.size() / 4);
  chunks_.emplace_back();
  place = static_cast<std::uint16_t>(chunks_.size() - 1);
}

void Sketch::add_to_bins(const Batch& batch) noexcept {
  Chunk* const chunks = chunks_.data();
  const std::int32_t* key = batch.keys.data();
  for (const double value : batch.values) {
    Chunk& chunk = chunks[place(*key)];
    const auto bin = static_cast<std::uint32_t>(*key++) % kBinsInChunk;
    chunk.sums[bin] += value;
    ++chunk.counts[bin];
  }
}

// Four at a time, because an addition waits for the one before. What 64 plain additions lose is
// 7e-15 of the sum at the very most, so that only the batches need to be added with care.
void Sketch::add_to_totals(std::span<const double> values) noexcept {
  constexpr std::size_t kLanes = 4;
  double sums[kLanes]{};
  double lows[kLanes] = {min_, min_, min_, min_};
  double highs[kLanes] = {max_, max_, max_, max_};
  const auto take = [&](std::size_t lane, double value) {
    sums[lane] += value;
    lows[lane] = std::min(lows[lane], value);
    highs[lane] = std::max(highs[lane], value);
  };
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lane, values[i + lane]);
  for (; i < values.size(); ++i) take(0, values[i]);
  for (const double sum : sums) total_.add(sum);
  min_ = *std::min_element(lows, lows + kLanes);
  max_ = *std::max_element(highs, highs + kLanes);
  binned_ += values.size();
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
