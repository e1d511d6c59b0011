#pragma once

// The samples of a series as lines that give the Agent the same sketch as every sample in a line of
// its own would. A value goes out in a line for every bit that is set in its count: the line of bit
// k has the rate 2^-k, so that its values stand for 2^k samples. Which bit is the highest is chosen
// by bytes: there the value is repeated as often as it takes. Where a rate has no room beside a
// long name and tags, or each rate's line costs more than it saves, that is bit 0: all raw.
//
//     values     each different one with its count
//     bins       one value for each bin of the Agent's sketch (bin_values.h), the smallest and the
//                largest sample, and each value that lies too near to the end of a bin
//
// Only a series that is folded into bins is ever sent so.
//
// Threads: one at a time. Functions throw std::bad_alloc.
// Cost: 10 to 20 us for a sketch of 300 bins; 50 ns a value where they go out raw. Memory is 64 KB
// at the most, and what the bins take.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregate/samples.h"
#include "aggregate/sketch.h"
#include "encode/bin_values.h"
#include "encode/packer.h"
#include "encode/value_text.h"

namespace pawl::encode {

class SketchLines {
 public:
  explicit SketchLines(Packer& packer) noexcept : packer_(packer) {}

  // Adds the lines of a series; gives how many samples are left out, because what stands for them
  // does not fit even alone. The frame's rate is that of the samples.
  std::uint64_t add(const Frame& frame, aggregate::Samples::Series& series);

 private:
  // All values of a series.
  struct Form {
    const aggregate::ExactValues* exact = nullptr;
    std::span<const Weighted> binned;

    template <class Visit>
    void each(const Visit& visit) const {
      exact->each(visit);
      for (const Weighted& one : binned) visit(one);
    }
  };
  // What stands between the frames of one line: all bytes, and those of its longest value.
  struct Row {
    std::size_t bytes = 0;
    std::size_t longest = 0;
  };
  using Rows = std::array<Row, 64>;

  static ValueText text(const aggregate::ValueCount& one) noexcept { return text_of(one.value); }
  static const ValueText& text(const Weighted& one) noexcept { return one.text; }

  // What is written before it is packed: some datagrams, so that few lines are cut there.
  static constexpr std::size_t kMostInRow = 2048;

  std::uint64_t add_few(const Frame& frame, std::span<const double> values);
  Rows measure() const noexcept;
  bool may_be_weighted(double rate) const noexcept;
  int choose_highest(const Frame& frame);
  std::size_t bytes_of(const Row& row, std::size_t around) const noexcept;
  std::uint64_t add_form(const Frame& frame, int highest);
  std::uint64_t add_row(const Frame& line, std::uint64_t samples);

  Packer& packer_;
  Form form_;
  BinValues bins_;
  aggregate::ExactValues few_;
  std::vector<ValueText> row_;
};

}  // namespace pawl::encode
