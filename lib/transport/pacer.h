#pragma once

// How many datagrams may go now. UDP has no back-pressure: 1,000 datagrams back to back overflow a
// default receive buffer and lose 47 %, bursts of 16 to 64 a millisecond lose none while the reader
// runs. That buffer holds 92 full datagrams: at 16 a millisecond a reader may be held up for more
// than 5 ms, a turn of another program on its core; at 32 it may not be for 3. Unix sockets say
// themselves when they are full, and are not paced.
//
// Threads: a value, without a clock inside. Cost: none. Errors: none.

#include <chrono>
#include <cstddef>
#include <limits>

namespace pawl::transport {

class Pacer {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kBurst = 16;
  static constexpr std::chrono::milliseconds kPeriod{1};

  static constexpr Pacer unlimited() noexcept {
    return Pacer{std::numeric_limits<std::size_t>::max()};
  }
  static constexpr Pacer bursts() noexcept { return Pacer{kBurst}; }

  // Gives a pacer of the same kind that has not spent anything.
  constexpr Pacer renewed() const noexcept { return Pacer{burst_}; }

  // Gives how many may go at `now`.
  std::size_t allowance(Time now) noexcept;
  // Notes that `count` of them went. REQUIRES: count <= allowance().
  void spend(std::size_t count) noexcept;
  // Gives when the next one may go, when the allowance is used up: `now` or later.
  Time next(Time now) const noexcept;

 private:
  explicit constexpr Pacer(std::size_t burst) noexcept : burst_(burst), left_(burst) {}

  std::size_t burst_;
  std::size_t left_;
  Time period_start_ = Time::min();
};

}  // namespace pawl::transport
