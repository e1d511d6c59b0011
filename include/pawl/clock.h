#pragma once

// Where the client's time comes from. The steady clock paces (flush, retry, expiry) and measures
// (scoped timers); the wall clock is only ever a stamp. Tests pass a ManualClock, so that no test
// has to sleep.
//
// Threads: every member may be called from any thread.
// Cost: of the system clock, about 20 ns a reading.
// Errors: none.

#include <atomic>
#include <chrono>

#include "pawl/detail/export.h"

namespace pawl {

class PAWL_API Clock {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using WallTime = std::chrono::system_clock::time_point;

  virtual ~Clock() = default;
  virtual SteadyTime steady_now() const noexcept { return std::chrono::steady_clock::now(); }
  virtual WallTime wall_now() const noexcept { return std::chrono::system_clock::now(); }
};

// A clock that stands still until it is told to move. The background threads wait by the real clock
// and read this one when they wake; with Background::manual nothing happens but by flush() and
// close().
class PAWL_API ManualClock final : public Clock {
 public:
  SteadyTime steady_now() const noexcept override { return SteadyTime{elapsed()}; }
  WallTime wall_now() const noexcept override {
    return WallTime{std::chrono::duration_cast<WallTime::duration>(kStart + elapsed())};
  }
  // Moves both clocks on by `step`.
  void advance(std::chrono::nanoseconds step) noexcept { elapsed_ns_ += step.count(); }

 private:
  static constexpr std::chrono::seconds kStart{1'700'000'000};
  std::chrono::nanoseconds elapsed() const noexcept {
    return std::chrono::nanoseconds{elapsed_ns_.load()};
  }
  std::atomic<std::chrono::nanoseconds::rep> elapsed_ns_{0};
};

}  // namespace pawl
