#pragma once

// Time for a few nanoseconds: the processor's time-stamp counter, measured against the steady
// clock. Readings are compared with others of the same source only.
//
// Threads: any.

#include <atomic>
#include <cstdint>

#include <pawl/llm_request.h>

namespace pawl::llm {

using detail::TimeSource;

// How long a tick is. It is told pairs of readings of both clocks, taken at one moment; the first
// 20 ms give a first measure, each second a new one. A counter that does not keep its pace (by more
// than 1 % twice in a row: a moved virtual machine, a tampered counter) is not trusted again.
class TickScale {
 public:
  static constexpr std::int64_t kFirstWindowNs = 20'000'000;
  static constexpr std::int64_t kWindowNs = 1'000'000'000;

  // Tells it a pair; nothing happens when another thread is telling one.
  void observe(std::int64_t ticks, std::int64_t steady_ns) noexcept;

  // Gives the nanoseconds of a tick; 0 when they are not known, or not trusted.
  double ns_per_tick() const noexcept { return ns_per_tick_.load(std::memory_order_relaxed); }
  // Tells whether a pair is wanted at this reading.
  bool due(std::int64_t ticks) const noexcept {
    return ticks >= due_.load(std::memory_order_relaxed);
  }
  bool trusted() const noexcept { return trusted_.load(std::memory_order_relaxed); }

 private:
  void measure(std::int64_t ticks, std::int64_t steady_ns) noexcept;
  void begin_window(std::int64_t ticks, std::int64_t steady_ns) noexcept;
  void distrust() noexcept;

  std::atomic<bool> busy_{false};
  std::atomic<bool> trusted_{true};
  std::atomic<double> ns_per_tick_{0};
  std::atomic<std::int64_t> due_{INT64_MIN};
  // Only for who is busy.
  bool begun_ = false;
  int odd_ = 0;
  std::int64_t begin_ticks_ = 0;
  std::int64_t begin_ns_ = 0;
};

// Tells whether the processor has a counter that runs at one pace in all its states.
bool has_invariant_ticks() noexcept;

// Gives the best source that can be used now: ticks once they are measured. Measures them where
// that is due.
TimeSource best_source() noexcept;

// Reads a source other than the program's clock.
std::int64_t read_time(TimeSource source) noexcept;
// Gives a difference of two readings in milliseconds.
double to_milliseconds(TimeSource source, std::int64_t difference) noexcept;

}  // namespace pawl::llm
