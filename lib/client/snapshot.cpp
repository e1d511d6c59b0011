#include <algorithm>
#include <cmath>
#include <limits>

#include <pawl/snapshot.h>

namespace pawl {

// The rank is the Agent's: rounded to the even one where two are as near. Within a bin the Agent
// goes from its middle to the next one's; the middle itself is nearer to the sample.
double SnapshotMetric::quantile(double q) const noexcept {
  if (count == 0 || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q <= 0) return min;
  if (q >= 1) return max;
  const double rank = std::nearbyint(q * static_cast<double>(count - 1));
  double below = 0;
  for (const SnapshotBin& bin : bins) {
    below += static_cast<double>(bin.count);
    if (below > rank) return std::clamp(bin.value, min, max);
  }
  return max;
}

const SnapshotMetric* Snapshot::find(std::string_view name,
                                     std::string_view tags,
                                     std::optional<MetricType> type) const noexcept {
  for (const SnapshotMetric& metric : metrics)
    if (metric.name == name && metric.tags == tags && type.value_or(metric.type) == metric.type)
      return &metric;
  return nullptr;
}

}  // namespace pawl
