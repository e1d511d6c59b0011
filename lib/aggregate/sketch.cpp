#include "aggregate/sketch.h"

#include <algorithm>
#include <new>

namespace pawl::aggregate {

// Keys rise with values.
void Sketch::add(std::span<const double> values) {
  if (values.empty()) return;
  const Totals totals = totals_of(values);
  const Place lowest = place_of(totals.min);
  const Place highest = place_of(totals.max);
  if (lowest.loose || highest.loose) return add_in_parts(values);
  span_chunks(lowest.key >> kChunkBits, highest.key >> kChunkBits);
  if (!count(values)) return add_in_parts(values);
  total_.add(totals.sum);
  min_ = std::min(min_, totals.min);
  max_ = std::max(max_, totals.max);
  binned_ += values.size();
}

// Those that are loose, and those that are not.
void Sketch::add_in_parts(std::span<const double> values) {
  std::array<double, kBatch> parts;
  std::copy(values.begin(), values.end(), parts.begin());
  auto* const end = parts.data() + values.size();
  auto* const loose =
      std::partition(parts.data(), end, [](double value) { return !place_of(value).loose; });
  exact_.reserve(static_cast<std::size_t>(end - loose));
  add({parts.data(), loose});
  for (const double* value = loose; value != end; ++value) exact_.add(*value);
}

void Sketch::add_exact(std::span<const double> values) {
  exact_.reserve(values.size());
  for (const double value : values) exact_.add(value);
}

bool Sketch::count(std::span<const double> values) {
  std::size_t done = 0;
  try {
    while ((done += count_known(values.subspan(done))) != values.size()) {
      const Place next = place_of(values[done]);
      if (next.loose) {
        take_back(values.first(done));
        return false;
      }
      make_chunk(place(next.key));
    }
  } catch (const std::bad_alloc&) {
    take_back(values.first(done));
    throw;
  }
  return true;
}

// With what a Place is made of, which takes a third less.
std::size_t Sketch::count_known(std::span<const double> values) noexcept {
  const std::uint16_t* const place_at = places_.data();
  const std::int64_t first = first_;
  std::uint32_t* const counts = counts_.data();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::int64_t sum = places::sum_of(values[i]);
    const std::uint32_t place = place_at[(sum >> (places::kKeyShift + kChunkBits)) - first];
    if (places::is_loose(sum) || place == kNone) [[unlikely]]
      return i;
    ++counts[place + bin_of(places::key_of(sum))];
  }
  return values.size();
}

void Sketch::take_back(std::span<const double> values) noexcept {
  for (const double value : values) {
    const std::int32_t key = place_of(value).key;
    --counts_[place(key) + bin_of(key)];
  }
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
  constexpr std::size_t kMoreRoom = std::size_t{4} * kBinsInChunk;
  const std::size_t size = counts_.size() + kBinsInChunk;
  if (size > counts_.capacity()) counts_.reserve(size + size / 8 + kMoreRoom);
  place = static_cast<std::uint16_t>(counts_.size());
  counts_.resize(size);
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
    lows[lane] = lows[lane] < value ? lows[lane] : value;
    highs[lane] = highs[lane] > value ? highs[lane] : value;
  };
  const double* at = values.data();
  const double* const end = at + values.size();
  for (; end - at >= std::ptrdiff_t{kLanes}; at += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) take(lane, at[lane]);
  for (; at != end; ++at) take(0, *at);
  return {.sum = (sums[0] + sums[1]) + (sums[2] + sums[3]),
          .min = *std::min_element(lows, lows + kLanes),
          .max = *std::max_element(highs, highs + kLanes)};
}

std::size_t Sketch::bytes() const noexcept {
  return sizeof(Sketch) + counts_.capacity() * sizeof(std::uint32_t) +
         places_.capacity() * sizeof(std::uint16_t) + exact_.bytes();
}

void Sketch::clear() noexcept {
  counts_.clear();
  places_.clear();
  exact_.clear();
  binned_ = 0;
  min_ = std::numeric_limits<double>::infinity();
  max_ = -std::numeric_limits<double>::infinity();
  total_ = {};
}

}  // namespace pawl::aggregate
