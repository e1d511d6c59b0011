#pragma once

// What a recorder and its requests share: the client, the prices, the clock, the counts, the log.
//
// Threads: any; nothing here changes after it was made but the counts and the log.

#include <memory>

#include <pawl/llm.h>

#include "llm/counts.h"
#include "llm/log.h"
#include "llm/metrics.h"
#include "llm/ticks.h"

namespace pawl::llm {

class Core {
 public:
  // Throws std::bad_alloc.
  Core(const Client& client, RecorderOptions options);

  const MetricSink& metrics() const noexcept { return metrics_; }
  const PriceBook& prices() const noexcept { return *prices_; }
  Counts& counts() noexcept { return counts_; }
  // Gives null where none was asked for.
  Log* log() noexcept { return log_.get(); }
  SpanHook* hook() const noexcept { return hook_.get(); }
  std::chrono::milliseconds close_deadline() const noexcept { return close_deadline_; }

  TimeSource source() const noexcept { return clock_ ? TimeSource::program : best_source(); }
  // Gives nanoseconds or ticks: for differences of one source.
  std::int64_t now(TimeSource source) const noexcept;

 private:
  MetricSink metrics_;
  std::shared_ptr<const PriceBook> prices_;
  std::shared_ptr<const Clock> clock_;
  std::shared_ptr<SpanHook> hook_;
  std::chrono::milliseconds close_deadline_;
  Counts counts_;
  std::unique_ptr<Log> log_;
};

}  // namespace pawl::llm
