#pragma once

// What a program may know of its own samples: series of one context, put together.
//
// Threads: a value.

#include <utility>

#include <pawl/snapshot.h>

#include "aggregate/samples.h"
#include "aggregate/sketch.h"

namespace pawl::aggregate {

class Summary {
 public:
  // Of a metric with this name, tags and type.
  explicit Summary(SnapshotMetric named = {}) : made_(std::move(named)) {}

  // Adds the samples of a series, each with the weight of its rate. Throws std::bad_alloc.
  void add(const Samples::Series& series);
  // Sorts the bins.
  SnapshotMetric take();

 private:
  void add(double value, std::uint64_t count);
  void extend_to(double value) noexcept;

  SnapshotMetric made_;
  ExactSum sum_;
};

}  // namespace pawl::aggregate
