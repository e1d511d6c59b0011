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
// 20 ms give a first measure, each second a new one. A counter that runs backwards, or does not
// keep its pace (by more than 1 % twice in a row: a moved virtual machine, a tampered counter), is
// not trusted again.
class TickScale {
 public:
  static constexpr std::int64_t kFirstWindowNs = 20'000'000;
  static constexpr std::int64_t kWindowNs = 1'000'000'000;
  // Pairs that are closer than this, or told late, do not tell which way a counter runs.
  static constexpr std::int64_t kLeastNs = 1'000'000;

  // Tells it a pair; nothing happens when another thread is telling one.
  void observe(std::int64_t ticks, std::int64_t steady_ns) noexcept;

  // Gives the nanoseconds of a tick; 0 when they are not known, or not trusted.
  double ns_per_tick() const noexcept { return ns_per_tick_.load(std::memory_order_relaxed); }
  // Tells whether a pair is wanted at this reading: the window is over, or has not begun.
  bool due(std::int64_t ticks) const noexcept {
    const auto begin = static_cast<std::uint64_t>(begin_ticks_.load(std::memory_order_relaxed));
    return static_cast<std::uint64_t>(ticks) - begin >= window_.load(std::memory_order_relaxed);
  }
  bool trusted() const noexcept { return trusted_.load(std::memory_order_relaxed); }
  void distrust() noexcept { trusted_.store(false, std::memory_order_relaxed); }

  // In the child of a fork: who was telling a pair is not there, and may have told half of it.
  void start_over_in_child() noexcept;

 private:
  friend struct TickScaleTest;
  void measure(std::int64_t ticks, std::int64_t steady_ns) noexcept;
  void begin_window(std::int64_t ticks, std::int64_t steady_ns) noexcept;

  std::atomic<bool> busy_{false};
  std::atomic<bool> trusted_{true};
  std::atomic<double> ns_per_tick_{0};
  // Set by who is busy.
  std::atomic<std::int64_t> begin_ticks_{0};
  std::atomic<std::uint64_t> window_{0};  // in ticks
  // Only for who is busy.
  bool begun_ = false;
  int odd_ = 0;
  std::int64_t begin_ns_ = 0;
};

// Tells whether the processor has a counter that runs at one pace in all its states.
bool has_invariant_ticks() noexcept;
// Tells whether the kernel keeps time by that counter: one that it has found out of step among
// processors is listed no more. `file` is the kernel's, from which tests differ.
bool kernel_trusts_ticks(const char* file) noexcept;
inline constexpr const char* kClockSourceFile =
    "/sys/devices/system/clocksource/clocksource0/current_clocksource";

// Gives the best source that can be used now: ticks once they are measured. Measures them where
// that is due.
TimeSource best_source() noexcept;

// Reads a source other than the program's clock.
std::int64_t read_time(TimeSource source) noexcept;
// Says that a source was seen to run backwards: the counter is not trusted again.
void went_back(TimeSource source) noexcept;
// Gives what lies between two readings; 0 when the second is the earlier one.
constexpr std::int64_t elapsed(std::int64_t from, std::int64_t to) noexcept {
  if (to <= from) return 0;
  const auto between = static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
  return between > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(between);
}
// Gives a difference of two readings in milliseconds.
double to_milliseconds(TimeSource source, std::int64_t difference) noexcept;

}  // namespace pawl::llm
