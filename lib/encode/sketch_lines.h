#pragma once

// The samples of a series as lines: in the smallest of the forms that give the Agent the same
// sketch as every sample in a line of its own would.
//
//     raw        all values, packed
//     equal      each value once, in a line for every bit that is set in its count: the line of bit
//                k has the rate 2^-k, so that its values stand for 2^k samples
//     bins       the same with one value for each bin of the Agent's sketch: any number in the bin
//                may stand for its samples, so one of few digits does, and what that changes in the
//                sum goes to the next bin. The smallest and the largest sample go out as they are,
//                and so does what lies too near to the end of a bin.
//
// Only a series that is folded into bins is ever sent so.
//
// Threads: one at a time. Functions throw std::bad_alloc.
// Cost: 10 to 20 us for a sketch of 300 bins; 50 ns a value where they go out raw.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "aggregate/samples.h"
#include "aggregate/sketch.h"
#include "encode/packer.h"
#include "encode/value_text.h"

namespace pawl::encode {

class SketchLines {
 public:
  struct Range {
    double least;
    double most;
  };

  explicit SketchLines(Packer& packer) noexcept : packer_(packer) {}

  // Adds the lines of a series; gives how many samples are left out, because what stands for them
  // does not fit even alone. The frame's rate is that of the samples.
  std::uint64_t add(const Frame& frame, aggregate::Samples::Series& series);

 private:
  // A value, and for how many samples it stands.
  struct Weighted {
    ValueText text;
    std::uint64_t count;
  };
  // One of the forms.
  struct Form {
    std::vector<Weighted> values;
    std::size_t bytes = 0;
  };
  // A bin on its way to a value.
  struct Part {
    std::int32_t key;
    std::uint32_t count;
    double sum;
    ValueText text;
  };

  std::uint64_t add_few(const Frame& frame, const aggregate::Samples::Series& series);
  std::uint64_t add(const Frame& frame, const Form& form);
  void make_raw(std::span<const double> values);
  void make_equal(std::span<const double> values);
  void make_bins(aggregate::Sketch& sketch);
  void take_apart(double value);
  enum class Digits : bool { few, all };
  bool choose_values(double residual, Range extremes, Digits digits);
  // Within which extremes a value is to lie, and how much of the sum it may leave over.
  struct Wish {
    Range extremes;
    double absorbed;
    Digits digits;
  };
  static double choose_value(Part& part, double sum, const Wish& wish);
  void measure(const Frame& frame, Form& form);

  Packer& packer_;
  Form raw_;
  Form equal_;
  Form bins_;
  std::vector<Part> parts_;
  std::vector<double> sorted_;
  std::vector<const ValueText*> row_;
};

}  // namespace pawl::encode
