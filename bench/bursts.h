#pragma once

// Calls that record samples, in bursts that fit into a thread's ring, which a flush empties between
// them: what recording costs alone, at a pace that the flusher keeps up with. The flush is not in
// it.
//
// The time is CPU time of the thread, read around each burst, less what the reading itself takes.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include "calls.h"
#include "work.h"

namespace bench {

inline double cpu_seconds() noexcept {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Gives what two readings take with nothing between them: the median of many.
inline double cpu_seconds_of_reading() {
  std::array<double, 1'001> times{};
  for (double& time : times) {
    const double start = cpu_seconds();
    time = cpu_seconds() - start;
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

// Measures as measure() does, for benches with UseManualTime() and a manual client; the range of
// iterations is to be a multiple of `burst`. Gives how many calls were made.
template <class Call>
std::uint64_t measure_bursts(benchmark::State& state,
                             const pawl::Client& client,
                             int burst,
                             const Call& call) {
  constexpr int kBurstsOfSingleCalls = 20;
  call();
  client.flush();
  const double reading = cpu_seconds_of_reading();
  std::uint64_t allocated = 0;
  while (state.KeepRunningBatch(burst)) {
    const std::uint64_t allocated_before = allocations();
    const double start = cpu_seconds();
    for (int i = 0; i < burst; ++i) {
      call();
      benchmark::ClobberMemory();
    }
    state.SetIterationTime(std::max(0.0, cpu_seconds() - start - reading));
    allocated += allocations() - allocated_before;
    client.flush();
  }
  state.counters["allocations"] = {static_cast<double>(allocated),
                                   benchmark::Counter::kAvgIterations};
  CallTimes times;
  for (int bursts = 0; bursts < kBurstsOfSingleCalls; ++bursts) {
    for (int i = 0; i < burst; ++i) times.time(call);
    client.flush();
  }
  times.report(state);
  const auto single = static_cast<std::uint64_t>(burst) * kBurstsOfSingleCalls;
  return 1 + static_cast<std::uint64_t>(state.iterations()) + single;
}

}  // namespace bench
