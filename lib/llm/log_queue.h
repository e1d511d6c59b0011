#pragma once

// The lines that wait: a ring that many threads fill and one empties, without a lock or memory of
// its own (D. Vyukov's bounded queue: each slot has a number that says whose turn it is).
//
// Threads: push() from any; pop() and start_over() from one at a time.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "llm/log_line.h"

namespace pawl::llm {

class LogQueue {
 public:
  static constexpr std::size_t kLeast = 16;
  static constexpr std::size_t kMost = 65'536;

  // Throws std::bad_alloc.
  explicit LogQueue(std::size_t capacity)
      : size_(std::bit_ceil(capacity < kLeast  ? kLeast
                            : capacity > kMost ? kMost
                                               : capacity)),
        slots_(std::make_unique<Slot[]>(size_)) {
    start_over();
  }

  // Tells whether there was room.
  bool push(const FinishedRequest& request) noexcept {
    std::uint64_t at = tail_.load(std::memory_order_relaxed);
    for (;;) {
      Slot& slot = slots_[at & (size_ - 1)];
      const std::uint64_t turn = slot.turn.load(std::memory_order_acquire);
      if (turn == at) {
        if (!tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        slot.record = LogRecord{request};
        slot.turn.store(at + 1, std::memory_order_release);
        return true;
      }
      if (turn < at) return false;  // still holds the line of the round before
      at = tail_.load(std::memory_order_relaxed);
    }
  }

  // Gives the oldest line to `use` and takes it out; tells whether there was one.
  template <class Use>
  bool pop(const Use& use) {
    const std::uint64_t at = head_.load(std::memory_order_relaxed);
    Slot& slot = slots_[at & (size_ - 1)];
    if (slot.turn.load(std::memory_order_acquire) != at + 1) return false;
    use(slot.record);
    slot.turn.store(at + size_, std::memory_order_release);
    head_.store(at + 1, std::memory_order_release);
    return true;
  }

  std::uint64_t capacity() const noexcept { return size_; }

  // Gives about how many wait, those included that are being pushed.
  std::uint64_t size() const noexcept {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }

  // Forgets all, also what a thread was pushing that does not exist any more.
  void start_over() noexcept {
    for (std::size_t i = 0; i < size_; ++i) slots_[i].turn.store(i, std::memory_order_relaxed);
    tail_.store(0, std::memory_order_relaxed);
    head_.store(0, std::memory_order_release);
  }

 private:
  struct Slot {
    std::atomic<std::uint64_t> turn{0};
    LogRecord record;
  };

  const std::size_t size_;
  const std::unique_ptr<Slot[]> slots_;
  alignas(64) std::atomic<std::uint64_t> tail_{0};  // next to fill
  alignas(64) std::atomic<std::uint64_t> head_{0};  // next to empty
};

}  // namespace pawl::llm
