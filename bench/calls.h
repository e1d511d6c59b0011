#pragma once

// What one call costs. Its mean comes from google-benchmark's loop, in which calls overlap as they
// do in a program. Its percentiles come from single calls, each between two readings of the
// time-stamp counter: fences keep the call between the readings, and what two readings cost with
// nothing between them (the median of many) is subtracted. So a single time knows no overlap and
// lies above the mean, it has the counter's resolution, and it holds what the machine did
// meanwhile.
//
// Threads: each measures for itself.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include <benchmark/benchmark.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace bench {

// Tells how often this thread has called operator new, which allocations.cpp replaces.
std::uint64_t allocations() noexcept;

#if defined(__x86_64__)
inline std::uint64_t ticks_before() noexcept {
  _mm_lfence();
  const std::uint64_t ticks = __rdtsc();
  _mm_lfence();
  return ticks;
}
inline std::uint64_t ticks_after() noexcept {
  unsigned int core = 0;
  const std::uint64_t ticks = __rdtscp(&core);
  _mm_lfence();
  return ticks;
}
#else
inline std::uint64_t ticks_before() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds{now}.count());
}
inline std::uint64_t ticks_after() noexcept { return ticks_before(); }
#endif

inline double nanoseconds_per_tick() {
  static const double ratio = [] {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const std::uint64_t first = ticks_before();
    while (Clock::now() - start < std::chrono::milliseconds{20}) {
    }
    const std::uint64_t ticks = ticks_after() - first;
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count() /
           static_cast<double>(ticks);
  }();
  return ratio;
}

// Gives the steps in which the counter advances: what divides every difference of readings.
inline double nanoseconds_per_step() {
  static const double step = [] {
    std::uint64_t ticks = 0;
    for (int i = 0; i < 1'000; ++i) {
      const std::uint64_t before = ticks_before();
      ticks = std::gcd(ticks, ticks_after() - before);
    }
    return static_cast<double>(ticks) * nanoseconds_per_tick();
  }();
  return step;
}

// The times of single calls. Short ones are counted by their number of ticks, so that noting them
// touches little memory of the cache that the calls want for themselves.
class CallTimes {
 public:
  CallTimes() : overhead_(0) {
    for (int i = 0; i < 10'001; ++i) time([] {});
    overhead_ = percentile_ticks(0.5);
    short_.fill(0);
    long_.clear();
    count_ = 0;
  }

  template <class Call>
  void time(Call&& call) {
    const std::uint64_t before = ticks_before();
    call();
    const std::uint64_t ticks = ticks_after() - before;
    add(ticks > overhead_ ? ticks - overhead_ : 0);
  }

  // Gives nanoseconds; `share` is in [0, 1], and 1 is the longest.
  double percentile(double share) const {
    return static_cast<double>(percentile_ticks(share)) * nanoseconds_per_tick();
  }
  double mean() const {
    double sum = 0;
    for (std::size_t ticks = 0; ticks < short_.size(); ++ticks)
      sum += static_cast<double>(ticks) * static_cast<double>(short_[ticks]);
    for (const std::uint64_t ticks : long_) sum += static_cast<double>(ticks);
    return sum / static_cast<double>(count_) * nanoseconds_per_tick();
  }

  void report(benchmark::State& state) const {
    const auto average = benchmark::Counter::kAvgThreads;
    state.counters["p50"] = {percentile(0.5), average};
    state.counters["p99"] = {percentile(0.99), average};
    state.counters["p999"] = {percentile(0.999), average};
    state.counters["max"] = {percentile(1), average};
    state.counters["step"] = {nanoseconds_per_step(), average};
  }

 private:
  void add(std::uint64_t ticks) {
    ++count_;
    if (ticks < short_.size())
      ++short_[ticks];
    else
      long_.push_back(ticks);
  }

  std::uint64_t percentile_ticks(double share) const {
    auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
    for (std::size_t ticks = 0; ticks < short_.size(); ++ticks) {
      if (rank <= short_[ticks]) return ticks;
      rank -= short_[ticks];
    }
    std::vector<std::uint64_t> sorted = long_;
    std::sort(sorted.begin(), sorted.end());
    return sorted.at(rank - 1);
  }

  std::array<std::uint32_t, 4096> short_{};
  std::vector<std::uint64_t> long_;
  std::uint64_t count_ = 0;
  std::uint64_t overhead_;
};

struct Effort {
  std::size_t warm = 1;         // calls before the measurement, which make what is made once
  std::size_t single = 50'000;  // calls that are timed one by one, after the loop
};

// Measures a call in all three ways: the loop, its allocations, and single calls. Gives how many
// calls were made.
template <class Call>
std::uint64_t measure(benchmark::State& state, Call&& call, Effort effort = {}) {
  for (std::size_t i = 0; i < effort.warm; ++i) call();
  const std::uint64_t allocated_before = allocations();
  for (auto _ : state) {
    call();
    benchmark::ClobberMemory();
  }
  const std::uint64_t allocated = allocations() - allocated_before;
  state.counters["allocations"] = {static_cast<double>(allocated),
                                   benchmark::Counter::kAvgIterations};
  CallTimes times;
  for (std::size_t i = 0; i < effort.single; ++i) times.time(call);
  times.report(state);
  return effort.warm + static_cast<std::uint64_t>(state.iterations()) + effort.single;
}

// A result that is no time of the loop: its value, and its unit as the label.
inline void report_value(benchmark::State& state, double value, const char* unit) {
  state.counters["value"] = value;
  state.SetLabel(unit);
}

}  // namespace bench
