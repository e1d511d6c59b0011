#pragma once

// Counts the distinct values of keys up to a cap: the first that come are in for ever, the rest
// stay out. What it remembers never exceeds TagValueRule::kMostValues values of kMaxTagBytes each.
//
// Threads: any.

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace pawl::tags {

class ValueCap {
 public:
  explicit ValueCap(std::size_t max_values) noexcept : max_values_(max_values) {}

  // Tells whether the value is one of the key's first. Throws std::bad_alloc.
  bool admits(std::string_view key, std::string_view value);

  // Stand around fork().
  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  using Values = std::unordered_set<std::string, Hash, std::equal_to<>>;

  const std::size_t max_values_;
  std::mutex mutex_;
  std::unordered_map<std::string, Values, Hash, std::equal_to<>> values_;
  std::size_t remembered_ = 0;
};

}  // namespace pawl::tags
