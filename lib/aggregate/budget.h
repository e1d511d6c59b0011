#pragma once

// A bound on the memory that waits for a flush, shared by all that keep samples.
//
// Threads: any.

#include <atomic>
#include <cstddef>

namespace pawl::aggregate {

class Budget {
 public:
  explicit Budget(std::size_t limit) noexcept : limit_(limit) {}

  // Takes `bytes` of the budget; tells whether there were as many left.
  bool take(std::size_t bytes) noexcept {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
    give_back(bytes);
    return false;
  }
  // Takes them also where they are not left: for what takes the place of more.
  void overdraw(std::size_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t limit() const noexcept { return limit_; }
  // Tells whether it is time to flush before the budget is used up.
  bool half_used() const noexcept { return used_.load(std::memory_order_relaxed) > limit_ / 2; }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace pawl::aggregate
