#pragma once

// The keys of which tags were refused, each with a small number that goes with a call's shape: the
// counts are kept by number, beside the other tallies of each thread, and only ever grow. 62 keys
// have a number of their own, all others share one. When those do not suffice, the keys that were
// counted least lose theirs to others, so that who offends most gets a number, whenever he comes;
// what had been counted for them goes to the others.
//
// Threads: any; one mutex. turn() and free_turned() from one at a time.

#include <array>
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
  // How many keys lose their number in a turn.
  static constexpr std::size_t kTurned = (kRefusedNumbers - 2) / 2;

  RefusedKeys() noexcept;

  // Gives a key's number, the same for the same until a turn. What is longer than
  // RefusedKey::kMostBytes is told by its beginning.
  std::uint8_t number_of(std::string_view key) noexcept;

  // Tells whether a key came, since the last turn, that found no number.
  bool wants_turn() const noexcept;
  // Takes the numbers of the keys that were counted least: number_of() gives them to nobody.
  // `counts` is the present ones.
  void turn(const RefusedCounts& counts) noexcept;
  // Frees those numbers for other keys. REQUIRES: nobody counts under them any more.
  void free_turned(const RefusedCounts& counts) noexcept;

  // Gives by number which keys were counted between two readings, and how often; together that is
  // what was counted.
  std::array<RefusedKey, kRefusedNumbers> between(const RefusedCounts& before,
                                                  const RefusedCounts& now) const noexcept;
  // Gives the keys with the highest counts, the highest first; the rest is empty.
  std::array<RefusedKey, kRefusedKeys> highest(const RefusedCounts& counts) const noexcept;

  // Stand around fork(). In the child all counts begin at 0.
  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }
  void start_over_in_child() noexcept;

 private:
  enum class State : std::uint8_t { free, given, turned };
  struct Number {
    State state = State::free;
    std::uint64_t hash = 0;
    RefusedKey name;
    std::uint64_t base = 0;  // what had been counted before it was this key's
  };

  mutable std::mutex mutex_;
  bool wants_turn_ = false;
  std::array<Number, kRefusedNumbers> numbers_{};
};

}  // namespace pawl::tags
