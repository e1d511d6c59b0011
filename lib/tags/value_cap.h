#pragma once

// Counts the distinct values of keys up to a cap: the first that come are in for ever, the rest
// stay out. What it remembers never exceeds TagValueRule::kMostValues values of kMaxTagBytes each.
//
// Threads: any, through CapClaims.

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pawl::tags {

class ValueCap {
 public:
  // `mutex` is that of all caps of a policy.
  ValueCap(std::size_t max_values, std::mutex& mutex) noexcept
      : max_values_(max_values), mutex_(mutex) {}

 private:
  friend class CapClaims;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept;
  };
  using Values = std::unordered_set<std::string, Hash, std::equal_to<>>;

  // REQUIRE: the mutex is held.
  bool knows(std::string_view key, std::string_view value) const noexcept;
  bool has_room(std::string_view key) const noexcept;
  void take(std::string_view key, std::string_view value);  // throws std::bad_alloc
  void give_back(std::string_view key, std::string_view value) noexcept;

  const std::size_t max_values_;
  std::mutex& mutex_;
  std::unordered_map<std::string, Values, Hash, std::equal_to<>> values_;
  std::size_t remembered_ = 0;
};

// The places that one call takes of caps; they are given back unless it passes. Whoever else asks a
// cap of the policy waits meanwhile, and so never passes on a place that is given back.
//
// Threads: one at a time.
class CapClaims {
 public:
  CapClaims() = default;
  ~CapClaims();
  CapClaims(const CapClaims&) = delete;
  CapClaims& operator=(const CapClaims&) = delete;

  // Tells whether the value is one of the key's first. All caps are of one policy. Throws
  // std::bad_alloc.
  bool claim(ValueCap& cap, std::string_view key, std::string_view value);
  // The call passes.
  void keep() noexcept { made_.clear(); }

 private:
  struct Claim {
    ValueCap* cap;
    std::string key;
    std::string value;
  };
  std::unique_lock<std::mutex> lock_;  // from the first claim on
  std::vector<Claim> made_;
};

}  // namespace pawl::tags
