#pragma once

// Handles: a metric's name and tags looked up once, so that recording costs about a nanosecond. A
// Client makes them (Client::counter ...). They are values: copy them into as many threads as you
// like. A default-made handle, and one from a null client, records nothing.
//
// A handle must not outlive its Client (and the clients that share its core). Its context stays for
// as long as the client lives, so do not bind one per request: that is what the ad-hoc calls are
// for.
//
// Threads: every member is const and may be called from any thread.
// Cost: see each class. After a thread's first record of a metric none allocates, takes a lock, or
// makes a system call, but where a thread records samples faster than the flusher empties its ring
// of 4,096: then it moves 2,048 of them aside itself, under a lock.
// Errors: none; what is refused is counted (Stats::rejected).

#include <chrono>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>

#include "pawl/detail/cells.h"
#include "pawl/detail/export.h"
#include "pawl/metric.h"

namespace pawl {

class Client;
class ScopedTimer;

namespace client {
class Core;
}

namespace detail {

// Where a bound metric is: its client's core and slot, and its number among those of its kind. Slot
// 0 is nobody's, so its handles take the slow way, where `core` tells the two kinds apart: one
// without a client, and one whose name was refused, with the reason as its index.
struct Bound {
  client::Core* core = nullptr;
  std::uint32_t slot = 0;
  std::uint32_t index = 0;
  float rate = 1.0F;
};

// The ways out of the inlined paths: first record of a thread, full ring, a value to refuse, a
// rate.
PAWL_API void add_slowly(const Bound& bound, std::int64_t value) noexcept;
PAWL_API void record_slowly(const Bound& bound, double value) noexcept;
PAWL_API void record_many(const Bound& bound, std::span<const double> values) noexcept;
PAWL_API void record_elapsed(const Bound& bound, double milliseconds) noexcept;
PAWL_API void set_gauge(const Bound& bound, double value) noexcept;
PAWL_API void insert_member(const Bound& bound, std::string_view member) noexcept;
PAWL_API double quantile(const Bound& bound, double q) noexcept;
PAWL_API std::chrono::steady_clock::time_point now(const Bound& bound) noexcept;

inline void add(const Bound& bound, std::int64_t value) noexcept {
  Cells* cells = t_cells[bound.slot];
  if (cells == nullptr || !cells->add(bound.index, value)) [[unlikely]]
    add_slowly(bound, value);
}

inline void record(const Bound& bound, double value) noexcept {
  Cells* cells = t_cells[bound.slot];
  const bool plain = cells != nullptr && is_finite(value) && bound.rate == 1.0F;
  if (!plain || !cells->ring.push({bound.index, 1.0F, value})) [[unlikely]]
    record_slowly(bound, value);
}

}  // namespace detail

// Counts. The value that arrives is the exact sum of what was added by all threads.
// Cost: about 1.4 ns, whatever other threads count; no allocation after a thread's first add.
class Counter {
 public:
  Counter() noexcept = default;
  // Adds `value`, which may be negative.
  void add(std::int64_t value = 1) const noexcept { detail::add(bound_, value); }
  template <std::floating_point Value>
  void add(Value) const = delete;  // whole numbers only

 private:
  friend class Client;
  explicit Counter(detail::Bound bound) noexcept : bound_(bound) {}
  detail::Bound bound_;
};

// Keeps the last value set before the flush, whichever thread set it.
// Cost: about 4 ns; no allocation. Threads that set one gauge at the same time share its cache
// line.
class Gauge {
 public:
  Gauge() noexcept = default;
  void set(double value) const noexcept { detail::set_gauge(bound_, value); }

 private:
  friend class Client;
  explicit Gauge(detail::Bound bound) noexcept : bound_(bound) {}
  detail::Bound bound_;
};

// What Distribution and Histogram have in common.
class SampledHandle {
 public:
  SampledHandle() noexcept = default;
  // Records one value. NaN and infinity are refused and counted.
  void record(double value) const noexcept { detail::record(bound_, value); }
  // Records many values, each as record() would.
  void record(std::span<const double> values) const noexcept {
    detail::record_many(bound_, values);
  }
  // Starts a timer that records the milliseconds until it goes out of scope.
  [[nodiscard]] ScopedTimer time() const noexcept;

  // Gives a quantile of the samples that the last flush sent, 0.95 for the 95th percentile, as
  // SnapshotMetric::quantile does; NaN where it sent none. Takes a lock and some microseconds,
  // or as long as it takes to sort the samples of a histogram with many different values: for a
  // decision now and then, not for every request.
  double quantile(double q) const noexcept { return detail::quantile(bound_, q); }

 protected:
  friend class Client;
  explicit SampledHandle(detail::Bound bound) noexcept : bound_(bound) {}
  detail::Bound bound_;
};

// Percentiles over all hosts. Prefer it to Histogram for anything that runs on more than one host.
// Many samples leave as one sketch, the same as the Agent would make of them (docs/sketches.md).
// Cost: about 1.6 ns, and 5 ns to fold the sample on a background thread; no allocation. Where
// samples come faster than that thread takes them, about 5.5 ns, now and then an allocation.
class Distribution : public SampledHandle {
 public:
  Distribution() noexcept = default;

 private:
  friend class Client;
  using SampledHandle::SampledHandle;
};

// Average, median, 95th percentile, maximum and count, by the Agent of each host.
// Do not use it when the percentile has to hold over hosts.
// Cost: that of a Distribution.
class Histogram : public SampledHandle {
 public:
  Histogram() noexcept = default;

 private:
  friend class Client;
  using SampledHandle::SampledHandle;
};

// A histogram of durations; it goes out as milliseconds with their fraction.
// Cost: that of a Distribution, and a call.
class Timing {
 public:
  Timing() noexcept = default;
  // Records a duration; a negative one is refused and counted.
  void record(std::chrono::duration<double, std::milli> elapsed) const noexcept {
    detail::record_elapsed(bound_, elapsed.count());
  }
  [[nodiscard]] ScopedTimer time() const noexcept;

 private:
  friend class Client;
  explicit Timing(detail::Bound bound) noexcept : bound_(bound) {}
  detail::Bound bound_;
};

// Counts distinct members: what arrives is the union over all threads.
// Cost: a lock and a hash of the member, about 25 ns; a new member allocates. Not for hot loops.
class Set {
 public:
  Set() noexcept = default;
  void insert(std::string_view member) const noexcept { detail::insert_member(bound_, member); }

 private:
  friend class Client;
  explicit Set(detail::Bound bound) noexcept : bound_(bound) {}
  detail::Bound bound_;
};

// Measures from its making to stop() or the end of its scope, and records the milliseconds once.
// Cost: two readings of the steady clock, about 20 ns each.
class [[nodiscard]] ScopedTimer {
 public:
  ScopedTimer(ScopedTimer&& other) noexcept
      : bound_(other.bound_), start_(other.start_), running_(other.running_) {
    other.running_ = false;
  }
  ScopedTimer& operator=(ScopedTimer&&) = delete;
  ~ScopedTimer() { stop(); }

  // Records now; later calls do nothing.
  void stop() noexcept {
    if (running_) detail::record_elapsed(bound_, elapsed().count());
    running_ = false;
  }
  // Records nothing.
  void cancel() noexcept { running_ = false; }
  // Tells the time since the start.
  std::chrono::duration<double, std::milli> elapsed() const noexcept {
    return detail::now(bound_) - start_;
  }

 private:
  friend class Client;
  friend class SampledHandle;
  friend class Timing;
  explicit ScopedTimer(detail::Bound bound) noexcept : bound_(bound), start_(detail::now(bound)) {}

  detail::Bound bound_;
  std::chrono::steady_clock::time_point start_;
  bool running_ = true;
};

inline ScopedTimer SampledHandle::time() const noexcept { return ScopedTimer{bound_}; }
inline ScopedTimer Timing::time() const noexcept { return ScopedTimer{bound_}; }

}  // namespace pawl
