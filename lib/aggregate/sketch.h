#pragma once

// Many samples of one distribution in little memory: how many fell into each bin of the Agent's
// sketch, and the sum of all. Sent as weighted values they become the same sketch in the Agent.
// Values so near to the end of a bin that two libraries may disagree on it are kept exactly.
//
// Bins are kept in chunks of 8 neighbours, made where values are: 32 bytes each, 1.2 KB for the
// latencies of a service (a factor of 20 from the fastest to the slowest), 20 KB for values that
// fill all 4,096 bins that an Agent keeps.
//
// Threads: the flusher's own.
// Cost: adding 2 ns a sample, in batches.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "aggregate/exact_values.h"
#include "aggregate/sketch_key.h"

namespace pawl::aggregate {

// A sum that remembers what rounding took from it (Neumaier).
class ExactSum {
 public:
  void add(double value) noexcept {
    const double sum = sum_ + value;
    const double part = sum - sum_;
    rest_ += (sum_ - (sum - part)) + (value - part);
    sum_ = sum;
  }
  // What is infinite has a rest that is no number.
  double value() const noexcept { return std::isfinite(sum_) ? sum_ + rest_ : sum_; }
  // Gives this less another, which may be near it.
  double less(const ExactSum& other) const noexcept {
    return (sum_ - other.sum_) + (rest_ - other.rest_);
  }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

class Sketch {
 public:
  // In one flush; no thread can record as many.
  static constexpr std::uint64_t kMostSamples = 0xffff'ffff;

  struct Bin {
    std::int32_t key;
    std::uint32_t count;
  };

  // Adds finite values; throws std::bad_alloc and has then added none. REQUIRES: at most kBatch,
  // and count() stays below kMostSamples.
  static constexpr std::size_t kBatch = 256;
  void add(std::span<const double> values);
  // The same for values that are all kept exactly.
  void add_exact(std::span<const double> values);

  // Calls visit(Bin) for each bin that holds samples, in rising order of keys.
  template <class Visit>
  void each_bin(const Visit& visit) const {
    for (std::size_t at = 0; at < places_.size(); ++at) {
      if (places_[at] == kNone) continue;
      const std::int32_t first = (first_ + static_cast<std::int32_t>(at)) * (1 << kChunkBits);
      for (std::uint32_t i = 0; i < kBinsInChunk; ++i)
        if (const std::uint32_t count = counts_[places_[at] + i]; count != 0)
          visit(Bin{first + static_cast<std::int32_t>(i), count});
    }
  }
  // What is kept exactly, and is in no bin.
  ExactValues& exact() noexcept { return exact_; }
  const ExactValues& exact() const noexcept { return exact_; }

  // Of the samples in bins: how many, the smallest and the largest, and their sum, good to the last
  // digit.
  std::uint64_t binned() const noexcept { return binned_; }
  double min() const noexcept { return min_; }
  double max() const noexcept { return max_; }
  const ExactSum& total() const noexcept { return total_; }

  std::uint64_t count() const noexcept { return binned_ + exact_.count(); }
  // Gives the memory that it takes, used or not.
  std::size_t bytes() const noexcept;
  // Forgets the samples; keeps the room.
  void clear() noexcept;

 private:
  static constexpr std::int32_t kChunkBits = 3;
  static constexpr std::uint32_t kBinsInChunk = 1U << kChunkBits;
  static constexpr std::uint16_t kNone = 0xffff;

  struct Totals {
    double sum;
    double min;
    double max;
  };

  static Totals totals_of(std::span<const double> values) noexcept;
  void add_in_parts(std::span<const double> values);
  void span_chunks(std::int32_t lowest, std::int32_t highest);
  void make_chunk(std::uint16_t& place);
  // Counts values in their bins, all or none; tells whether none is loose. Throws std::bad_alloc.
  // REQUIRES: their chunks lie in the span.
  bool count(std::span<const double> values);
  // Counts them up to the first that is loose or has no chunk; gives how many.
  std::size_t count_known(std::span<const double> values) noexcept;
  void take_back(std::span<const double> values) noexcept;
  static std::uint32_t bin_of(std::int32_t key) noexcept {
    return static_cast<std::uint32_t>(key) % kBinsInChunk;
  }
  // REQUIRES: the key's chunk lies in the span.
  std::uint16_t& place(std::int32_t key) noexcept {
    return places_.data()[(key >> kChunkBits) - first_];
  }

  std::vector<std::uint32_t> counts_;  // of bins, chunk by chunk as they were made
  std::vector<std::uint16_t> places_;  // where each chunk begins there; kNone where none is needed
  std::int32_t first_ = 0;             // the first one's keys, divided by kBinsInChunk
  ExactValues exact_;
  std::uint64_t binned_ = 0;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
  ExactSum total_;
};

}  // namespace pawl::aggregate
