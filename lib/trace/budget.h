#pragma once

// How much memory spans that have ended may take while they wait.
//
// Threads: any. Cost: an atomic addition for 64 KiB.

#include <atomic>
#include <cstddef>

namespace pawl::trace {

class Budget {
 public:
  explicit Budget(std::size_t most) noexcept : most_(most) {}

  // Tells whether there was so much left, and takes it.
  bool take(std::size_t bytes) noexcept {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most_) return true;
    give_back(bytes);
    return false;
  }
  // Takes it in any case: what moves from one place to another is there already.
  void take_anyway(std::size_t bytes) noexcept {
    used_.fetch_add(bytes, std::memory_order_relaxed);
  }
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  // In the child of a fork: the memory is the parent's.
  void start_over() noexcept { used_ = 0; }

  // Tells whether new traces should be refused, so that those that are there can end.
  bool is_nearly_full() const noexcept { return used() > most_ - most_ / 8; }
  std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::size_t most() const noexcept { return most_; }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace pawl::trace
