#pragma once

// The samples of histograms, distributions and timings since the last flush, by context and sample
// rate: exactly as recorded while they are few, then folded into a sketch. A context that is idle
// costs a pointer's worth. The room of samples that are flushed is kept for the next ones, up to a
// bound, because new memory costs more than what is written into it; and given back when none come.
//
// A context has one rate, as a rule. What series of further rates take, the budget is charged with;
// the first series of a context is bounded by the number of contexts.
//
// Threads: the flusher's own.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <pawl/detail/cells.h>

#include "aggregate/budget.h"
#include "aggregate/sketch.h"

namespace pawl::aggregate {

// What becomes of the many samples of a series: they stay as they are; equal ones are counted
// together; or they are counted in bins.
enum class Folding : std::uint8_t { none, equal_values, bins };

class Samples {
 public:
  using FoldingOf = std::function<Folding(std::uint32_t index)>;

  // `folding_of` is asked once for each series and interval.
  explicit Samples(Budget& budget, FoldingOf folding_of = no_folding)
      : budget_(budget), folding_of_(std::move(folding_of)) {}
  ~Samples() { clear(); }
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  // So many are kept as they are before they are folded. Measured with log-normal latencies: with
  // 100 values a sketch takes as much memory, and from there on fewer bytes on the wire.
  static constexpr std::size_t kFewSamples = 128;

  // What was recorded of one context with one rate: the samples in the sketch, if there is one, and
  // then `values`.
  struct Series {
    std::uint32_t index;
    float rate;
    std::uint32_t next;  // the next series of the same context
    Folding folding;
    bool is_orphan = false;  // its context has expired, or its samples were left out
    std::vector<double> values;
    std::unique_ptr<Sketch> sketch;

    std::uint64_t count() const noexcept {
      return values.size() + (sketch != nullptr ? sketch->count() : 0);
    }
  };

  // Adds samples; tells whether the budget had room for them, otherwise none is added. New series
  // may take what is beyond it, once. What memory fails for is left out, and counted in refused().
  bool add(std::span<const detail::Sample> samples) noexcept;
  // Folds the values of a series that has a sketch, so that it has no others. Where memory fails
  // they stay.
  void finish(Series& series) noexcept;

  // Gives the series that have samples, in the order of their first one.
  std::span<const Series> series() const noexcept { return series_; }
  std::span<Series> series() noexcept { return series_; }
  // Calls visit(series) for those of one context.
  template <class Visit>
  void each_of(std::uint32_t index, const Visit& visit) const {
    if (index >= first_.size()) return;
    for (std::uint32_t at = first_[index]; at != kNone; at = series_[at].next) visit(series_[at]);
  }
  // Tells whether it is the first of its context.
  bool is_first(const Series& series) const noexcept {
    return &series_[first_[series.index]] == &series;
  }
  std::size_t size() const noexcept { return size_; }
  std::size_t refused() const noexcept { return refused_; }

  // Gives what they have of the budget back, although they stay: for the last interval's, which
  // wait for nothing.
  void leave_budget() noexcept;
  // Leaves out the largest contexts until they take `most` bytes: of those with sketches, small as
  // they are, hardly ever one.
  void thin_out(std::size_t most) noexcept;
  void clear() noexcept;

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  // A value, and as much again for the room that vectors grow by.
  static constexpr std::size_t kSampleBytes = 2 * sizeof(double);

  static constexpr std::size_t kFirstRoom = 8;

  // By context and rate, for all but the first rate of a context.
  struct Id {
    std::uint32_t index;
    float rate;
    friend bool operator==(const Id&, const Id&) noexcept = default;
  };
  struct HashOfId {
    std::size_t operator()(const Id& id) const noexcept;
  };
  using Numbers = std::unordered_map<Id, std::uint32_t, HashOfId>;
  // With the room that vectors grow by, the first of its values, and its place among the numbers.
  static constexpr std::size_t kSeriesBytes =
      2 * sizeof(Series) + kFirstRoom * sizeof(double) + 4 * sizeof(Numbers::value_type);

  // Beyond it, and of larger ones, room is given back to the system.
  static constexpr std::size_t kMostSpareBytes = std::size_t{2} << 20;
  static constexpr std::size_t kLargestSpareBytes = kMostSpareBytes / 2;

  static Folding no_folding(std::uint32_t) noexcept { return Folding::none; }

  std::size_t add_known(std::span<const detail::Sample> samples) noexcept;
  Series& find_or_make(const detail::Sample& sample);
  Series& make_series(const detail::Sample& sample);
  void make_room(Series& series);
  void fold(Series& series) noexcept;
  static void fold_last(Series& series);
  static std::size_t bytes_of(const Series& series) noexcept;
  std::size_t leave_out(std::uint32_t index) noexcept;
  // Charges the budget for what takes the place of something.
  void recharge(std::size_t before, std::size_t after) noexcept;
  std::vector<double> take_spare(Folding folding) noexcept;
  std::unique_ptr<Sketch> take_spare_sketch();
  bool has_room_for_spare(std::size_t bytes) const noexcept;
  void keep_spare(std::vector<double>& values) noexcept;
  void keep_spare(std::unique_ptr<Sketch>& sketch) noexcept;

  Budget& budget_;
  const FoldingOf folding_of_;
  std::vector<Series> series_;
  std::vector<std::uint32_t> first_;  // by context; kNone when it has no series
  Numbers others_;
  std::vector<std::vector<double>> spares_;
  std::vector<std::unique_ptr<Sketch>> spare_sketches_;
  std::size_t spare_bytes_ = 0;
  std::size_t size_ = 0;
  std::size_t refused_ = 0;
  std::size_t charged_ = 0;
};

}  // namespace pawl::aggregate
