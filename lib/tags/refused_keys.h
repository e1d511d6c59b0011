#pragma once

// The keys of which tags were refused, each with a small number that goes with a call's shape: the
// counts are kept by number, beside the other tallies of each thread. The first 62 keys have a
// number of their own, all others share one.
//
// Threads: any. number_of() takes a lock only when a key is new.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include <pawl/stats.h>

namespace pawl::tags {

inline constexpr std::size_t kRefusedNumbers = 64;

// Counts by number.
using RefusedCounts = std::array<std::uint64_t, kRefusedNumbers>;

class RefusedKeys {
 public:
  static constexpr std::uint8_t kNone = 0;
  static constexpr std::uint8_t kOthers = 1;

  RefusedKeys() noexcept;

  // Gives a key's number, the same for the same. What is longer than RefusedKey::kMostBytes is told
  // by its beginning.
  std::uint8_t number_of(std::string_view key) noexcept;

  // Gives the key of a number; that of the others for a number that was not given yet.
  std::string_view operator[](std::size_t number) const noexcept {
    const bool given = number < size_.load(std::memory_order_acquire);
    return names_[given ? number : kOthers].key();
  }

  // Gives the keys with the highest counts, the highest first; the rest is empty.
  std::array<RefusedKey, kRefusedKeys> highest(const RefusedCounts& counts) const noexcept;

  // Stand around fork().
  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  std::uint8_t find(std::uint64_t hash, std::string_view key) const noexcept;

  std::mutex mutex_;
  // What lies below it is written once, before it grows.
  std::atomic<std::size_t> size_;
  std::array<std::uint64_t, kRefusedNumbers> hashes_{};
  std::array<RefusedKey, kRefusedNumbers> names_{};
};

}  // namespace pawl::tags
