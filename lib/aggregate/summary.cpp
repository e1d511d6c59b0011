#include "aggregate/summary.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "aggregate/rate.h"

namespace pawl::aggregate {

void Summary::add(const Samples::Series& series) {
  const double rate = rate_on_wire(series.rate);
  const std::uint64_t weight = weight_of(rate);
  ExactSum sum;
  const auto exactly = [&](double value, std::uint64_t count) {
    sum.add(value * static_cast<double>(count));
    extend_to(value);
    add(value, count * weight);
  };
  for (const double value : series.values) exactly(value, 1);
  if (series.sketch != nullptr) {
    const Sketch& sketch = *series.sketch;
    sketch.exact().each([&](const ValueCount& one) { exactly(one.value, one.count); });
    sketch.each_bin([&](const Sketch::Bin& bin) { add(middle_of(bin.key), bin.count * weight); });
    sum.add(sketch.total().value());
    if (sketch.binned() != 0) {
      extend_to(sketch.min());
      extend_to(sketch.max());
    }
  }
  sum_.add(sum.value() / rate);
}

void Summary::add(double value, std::uint64_t count) {
  made_.bins.push_back({value, count});
  made_.count += count;
}

// What is not there yet is not a number, which is neither less nor more.
void Summary::extend_to(double value) noexcept {
  made_.min = std::fmin(made_.min, value);
  made_.max = std::fmax(made_.max, value);
}

SnapshotMetric Summary::take() {
  made_.sum = sum_.value();
  const auto lower = [](const SnapshotBin& a, const SnapshotBin& b) { return a.value < b.value; };
  std::sort(made_.bins.begin(), made_.bins.end(), lower);
  return std::exchange(made_, {});
}

}  // namespace pawl::aggregate
