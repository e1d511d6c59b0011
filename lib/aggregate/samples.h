#pragma once

// The samples of histograms, distributions and timings since the last flush, exactly as recorded,
// by context and sample rate. A context that is idle costs a pointer's worth. The room of values
// that are flushed is kept for the next ones, up to a bound, because new memory costs more than
// what is written into it.
//
// Threads: the flusher's own.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <pawl/detail/cells.h>

#include "aggregate/budget.h"

namespace pawl::aggregate {

class Samples {
 public:
  explicit Samples(Budget& budget) noexcept : budget_(budget) {}
  ~Samples() { clear(); }
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  // The values of one context that were recorded with one rate.
  struct Series {
    std::uint32_t index;
    float rate;
    std::uint32_t next;  // the next series of the same context
    std::vector<double> values;
  };

  // Adds samples; tells whether the budget had room for them, otherwise none is added. What memory
  // fails for is left out, and counted in refused().
  bool add(std::span<const detail::Sample> samples) noexcept;

  // Gives the series that have values, in the order of their first one.
  std::span<const Series> series() const noexcept { return series_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t refused() const noexcept { return refused_; }

  void clear() noexcept;

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  // A value, and as much again for the room that vectors grow by.
  static constexpr std::size_t kSampleBytes = 2 * sizeof(double);

  // Beyond it, and of larger ones, room is given back to the system.
  static constexpr std::size_t kMostSpareBytes = std::size_t{2} << 20;
  static constexpr std::size_t kLargestSpareBytes = kMostSpareBytes / 2;

  Series& series_of(const detail::Sample& sample);
  std::vector<double> take_spare() noexcept;
  void keep_spare(std::vector<double>& values) noexcept;

  Budget& budget_;
  std::vector<Series> series_;
  std::vector<std::uint32_t> first_;  // by context; kNone when it has no series
  std::vector<std::vector<double>> spares_;
  std::size_t spare_bytes_ = 0;
  std::size_t size_ = 0;
  std::size_t refused_ = 0;
  std::size_t charged_ = 0;
};

}  // namespace pawl::aggregate
