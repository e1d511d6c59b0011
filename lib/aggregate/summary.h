#pragma once

// What a program may know of its own samples: series of one context, put together.
//
// Threads: a value.

#include <pawl/snapshot.h>

#include "aggregate/samples.h"
#include "aggregate/sketch.h"

namespace pawl::aggregate {

class Summary {
 public:
  // Adds the samples of a series, each with the weight of its rate. Throws std::bad_alloc.
  void add(const Samples::Series& series);
  // Gives it without a name.
  SnapshotMetric take();

 private:
  void add(double value, std::uint64_t count);
  void extend_to(double value) noexcept;

  SnapshotMetric made_;
  ExactSum sum_;
};

}  // namespace pawl::aggregate
