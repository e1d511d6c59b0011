#pragma once

// What a program recorded in the last flush interval, for its own decisions: the count, sum,
// extremes and quantiles of each metric that has samples (distributions, histograms, timings). A
// loop that serves requests can so shed load by its own 95th percentile, without asking anybody:
//
//     const pawl::Distribution latency = dd.distribution("http.latency_ms");
//     ...
//     if (latency.quantile(0.95) > 250.0) return reject_request();   // NaN compares as false
//
// Client::snapshot() gives all at once. The numbers are those of the samples that the last flush
// sent, by this process alone, with each sample weighed by its rate as the Agent does.
//
// Threads: values.
// Cost: see Client::snapshot() and Distribution::quantile().
// Errors: none.

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/detail/export.h"
#include "pawl/metric.h"

namespace pawl {

// A value, and how many samples have it or lie in a bin of which it is the middle.
struct SnapshotBin {
  double value = 0;
  std::uint64_t count = 0;
};

struct SnapshotMetric {
  std::string name;  // as on the wire
  std::string tags;  // sorted, with commas between them; without those of Options
  MetricType type = MetricType::distribution;
  std::uint64_t count = 0;
  double sum = 0;
  // NaN where there are no samples.
  double min = std::numeric_limits<double>::quiet_NaN();
  double max = std::numeric_limits<double>::quiet_NaN();
  std::vector<SnapshotBin> bins = {};  // in rising order

  // Gives the value below which the share `q` of the samples lies: the smallest for 0, the largest
  // for 1, and between them the sample of rank q * (count - 1), rounded. Exact where samples were
  // few or of few values, else within 1/128 of that sample. NaN where there are none.
  PAWL_API double quantile(double q) const noexcept;
};

struct Snapshot {
  std::vector<SnapshotMetric> metrics = {};

  // Finds a metric by its name on the wire, its sorted tags ("a:1,b:2") and, where one name has
  // several, its type; nullptr where it has no samples.
  PAWL_API const SnapshotMetric* find(std::string_view name,
                                      std::string_view tags = {},
                                      std::optional<MetricType> type = std::nullopt) const noexcept;
};

}  // namespace pawl
