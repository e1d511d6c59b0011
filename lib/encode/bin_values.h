#pragma once

// One value for each bin of a sketch, in the place of all of its samples. Any number in the bin may
// be it; they are chosen so that all of them, as often as there are samples, have the samples' sum,
// and that they have few digits. The smallest and the largest sample go out as they are, so that
// the Agent has them for its extremes.
//
// Threads: one at a time. Cost: 10 to 20 us for 300 bins.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "aggregate/sketch.h"
#include "encode/value_text.h"

namespace pawl::encode {

// A value, and for how many samples it stands.
struct Weighted {
  ValueText text;
  std::uint64_t count;
};

class BinValues {
 public:
  // Gives the values, which stay until the next call. Throws std::bad_alloc.
  std::span<const Weighted> of(const aggregate::Sketch& sketch);

 private:
  // A bin on its way to a value.
  struct Part {
    std::int32_t key;
    std::uint32_t count;
    aggregate::Bounds bounds;  // where its samples are
    double sum;
    double absorbed;  // how much of the sum those behind it can take
  };
  enum class Digits : bool { few, all };

  bool take_apart(double value);
  bool choose_whole(const aggregate::ExactSum& total);
  void choose(const aggregate::ExactSum& total);
  double spread(const aggregate::ExactSum& total);
  double share_of(const aggregate::ExactSum& total) const noexcept;
  void add_up_slack() noexcept;
  bool choose(double residual, Digits digits);
  double choose_for(const Part& part, double residual, Digits digits);

  std::vector<Part> parts_;
  std::vector<Weighted> values_;
  std::size_t extremes_ = 0;  // the first of the values
};

}  // namespace pawl::encode
