#pragma once

// The samples that the last flush sent, until the next one: for the program's own questions.
//
// Threads: any. A flush waits for who asks at the moment, and not for who asks again and again.
// Cost: a question holds a lock while it copies; it sorts without.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include <pawl/snapshot.h>

#include "aggregate/samples.h"
#include "aggregate/summary.h"
#include "context/directory.h"

namespace pawl::client {

class LastInterval {
 public:
  // The samples are those of `contexts`, every one of which has `global_tags` besides its own.
  LastInterval(const context::Directory& contexts,
               std::string_view global_tags,
               std::unique_ptr<aggregate::Samples> empty) noexcept
      : contexts_(contexts), global_tags_(global_tags), samples_(std::move(empty)) {}

  // Takes a flush's samples, the largest contexts left out where they take more than `most_bytes`;
  // gives the room of those before, empty.
  void exchange(std::unique_ptr<aggregate::Samples>& samples, std::size_t most_bytes) noexcept;

  // Tell of one context its quantile, NaN where it has no samples, or of each context all. Throw
  // std::bad_alloc.
  double quantile(std::uint32_t index, double q);
  Snapshot snapshot();

  // Stand around fork(). REQUIRES of forget(): no other thread is there.
  void lock() noexcept;
  void unlock() noexcept;
  void forget() noexcept { samples_->clear(); }

 private:
  std::unique_lock<std::mutex> hold();
  SnapshotMetric named(std::uint32_t index) const;
  void gather(aggregate::Summary& summary, std::uint32_t index) const;

  const context::Directory& contexts_;
  const std::string_view global_tags_;
  // Taken after the other, the turn while one waits for the second.
  std::mutex turn_;
  std::mutex mutex_;
  std::unique_ptr<aggregate::Samples> samples_;
};

}  // namespace pawl::client
