#include "client/last_interval.h"

#include <utility>
#include <vector>

#include "tags/tag_set.h"

namespace pawl::client {

using aggregate::Samples;
using aggregate::Summary;

void LastInterval::exchange(std::unique_ptr<Samples>& samples, std::size_t most_bytes) noexcept {
  for (auto& series : samples->series()) series.is_orphan = contexts_[series.index]->expired;
  samples->leave_budget();
  samples->thin_out(most_bytes);
  {
    const auto held = hold();
    std::swap(samples_, samples);
  }
  samples->clear();
}

double LastInterval::quantile(std::uint32_t index, double q) {
  Summary summary;
  {
    const auto held = hold();
    gather(summary, index);
  }
  return summary.take().quantile(q);
}

Snapshot LastInterval::snapshot() {
  std::vector<Summary> summaries;
  {
    const auto held = hold();
    // Each context once; one that has expired may be gone, and its number another's.
    for (const auto& series : std::as_const(*samples_).series()) {
      if (series.is_orphan || !samples_->is_first(series)) continue;
      summaries.emplace_back(named(series.index));
      gather(summaries.back(), series.index);
    }
  }
  Snapshot snapshot;
  for (Summary& summary : summaries) snapshot.metrics.push_back(summary.take());
  return snapshot;
}

std::unique_lock<std::mutex> LastInterval::hold() {
  const std::lock_guard turn{turn_};
  return std::unique_lock{mutex_};
}

SnapshotMetric LastInterval::named(std::uint32_t index) const {
  const context::Context& context = *contexts_[index];
  SnapshotMetric metric;
  metric.name = context.name();
  metric.tags = tags::without_global(context.tags(), global_tags_);
  metric.type = context.type;
  return metric;
}

void LastInterval::gather(Summary& summary, std::uint32_t index) const {
  samples_->each_of(index, [&summary](const Samples::Series& series) {
    if (!series.is_orphan) summary.add(series);
  });
}

void LastInterval::lock() noexcept {
  turn_.lock();
  mutex_.lock();
}

void LastInterval::unlock() noexcept {
  mutex_.unlock();
  turn_.unlock();
}

}  // namespace pawl::client
