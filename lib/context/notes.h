#pragma once

// What there is to count beside a sample: why it was refused, and what was repaired. Few different
// ones occur in a program, so shapes hold their numbers. Where there are too many the notes turn
// over: those of before stay readable until the next turn, the new ones have other numbers.
//
// Threads: operator[] from any, for a number that was given since the turn before the last;
// number_of() from any; turn() from one at a time.

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include <pawl/stats.h>

#include "tags/normalize.h"

namespace pawl::context {

struct Note {
  bool refused = false;
  Reject reject = Reject::name;  // says something when refused
  tags::Repairs repairs = {};

  bool plain() const noexcept { return !refused && !repairs.any(); }
  friend bool operator==(const Note&, const Note&) = default;
};

class Notes {
 public:
  // Between two turns.
  static constexpr std::uint32_t kMost = 1024;

  Notes() : notes_(std::make_unique<Halves>()) {}

  // Number 0 is the plain note.
  const Note& operator[](std::uint32_t number) const noexcept { return (*notes_)[number]; }

  // Gives the number of a note, the same for the same until a turn; nothing when there are kMost
  // different ones. The latest are looked at first: a flood makes the same ones again and again.
  std::optional<std::uint32_t> number_of(const Note& note) noexcept {
    if (note.plain()) return 0;
    const std::lock_guard lock{mutex_};
    for (std::uint32_t i = first_ + size_; i-- > first_ + 1;)
      if ((*notes_)[i] == note) return i;
    if (size_ == kMost) return std::nullopt;
    (*notes_)[first_ + size_] = note;
    return first_ + size_++;
  }

  bool is_full() const noexcept {
    const std::lock_guard lock{mutex_};
    return size_ == kMost;
  }
  // Begins anew. REQUIRES: nobody reads what was noted before the last turn.
  void turn() noexcept {
    const std::lock_guard lock{mutex_};
    first_ = kMost - first_;
    size_ = 1;
  }

  // Stand around fork().
  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  using Halves = std::array<Note, std::size_t{2} * kMost>;

  mutable std::mutex mutex_;
  std::uint32_t first_ = 0;  // of the half in use, whose first stands for the plain note
  std::uint32_t size_ = 1;
  const std::unique_ptr<Halves> notes_;
};

}  // namespace pawl::context
