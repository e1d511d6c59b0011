#pragma once
// How many distinct values each tag key has: exactly up to a limit, beyond it by a HyperLogLog with
// an error of about 2 %. Memory is bounded: so many hashes or 4 KiB a key, and 1,000 keys.
//
//     P. Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
//     algorithm", 2007; hashes of 64 bits need no correction for many values.
//
// Threads: one at a time.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pawl::tools {

class DistinctValues {
 public:
  explicit DistinctValues(std::size_t exact_up_to) : exact_up_to_(exact_up_to) {}

  void add(std::string_view value);
  std::uint64_t count() const;
  // Tells whether there are more than are counted exactly.
  bool many() const noexcept { return sketch_ != nullptr; }

 private:
  static constexpr unsigned kIndexBits = 12;
  using Sketch = std::array<std::uint8_t, std::size_t{1} << kIndexBits>;

  void add_to_sketch(std::uint64_t hash) noexcept;

  std::size_t exact_up_to_;
  std::unordered_set<std::uint64_t> hashes_;
  std::unique_ptr<Sketch> sketch_;
};

class KeyValues {
 public:
  static constexpr std::size_t kMostKeys = 1'000;

  explicit KeyValues(std::size_t max_values) noexcept : max_values_(max_values) {}

  // Adds a tag, as it would be sent, of a metric.
  void add(std::string_view tag, std::string_view metric);

  struct Key {
    std::string key;
    std::uint64_t values = 0;
    std::string metric;  // where it was seen first
  };
  // Gives the keys with more than max_values values, the most first.
  std::vector<Key> exploding() const;
  std::size_t max_values() const noexcept { return max_values_; }
  // Tells whether there were more than kMostKeys keys.
  bool too_many_keys() const noexcept { return too_many_keys_; }

 private:
  struct Seen {
    DistinctValues values;
    std::string metric;
  };

  const std::size_t max_values_;
  std::map<std::string, Seen, std::less<>> keys_;
  bool too_many_keys_ = false;
};

}  // namespace pawl::tools
