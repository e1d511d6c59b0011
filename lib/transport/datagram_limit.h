#pragma once

// The largest payload that a transport takes. It falls by what the network refuses, and is as it
// was asked for again when the way there is a new one.
//
// Threads: read from any, changed by the sender's. Cost: none. Errors: none.

#include <algorithm>
#include <atomic>
#include <cstddef>

namespace pawl::transport {

class DatagramLimit {
 public:
  static constexpr std::size_t kFloor = 512;  // what every IP path carries

  explicit DatagramLimit(std::size_t bytes) noexcept : most_(bytes), bytes_(bytes) {}

  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  // Notes that `refused` bytes were too many; `carried` is what the path is said to carry, 0 when
  // nobody says. A path that claims to carry what it has just refused is not believed, and none
  // refuses what every path carries: that was another datagram's error.
  void lower(std::size_t refused, std::size_t carried) noexcept {
    if (refused > kFloor) lower_to(carried > 0 && carried < refused ? carried : refused / 2);
  }
  // Notes what the path is said to carry, 0 when nobody says.
  void note_carried(std::size_t carried) noexcept {
    if (carried > 0) lower_to(carried);
  }

  void restore() noexcept { bytes_.store(most_, std::memory_order_relaxed); }

 private:
  void lower_to(std::size_t wanted) noexcept {
    bytes_.store(std::min(bytes(), std::max(wanted, kFloor)), std::memory_order_relaxed);
  }

  const std::size_t most_;
  std::atomic<std::size_t> bytes_;
};

}  // namespace pawl::transport
