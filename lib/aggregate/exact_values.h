#pragma once

// Values as they were recorded, equal ones counted together: what histograms and timings are made
// of, and what a sketch keeps of values that no mean may touch. Memory follows the number of
// different values.
//
// Threads: the flusher's own.
// Cost: each value is sorted once among as many as there are, about 50 ns with a million different
// ones, 10 ns with few.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pawl::aggregate {

struct ValueCount {
  double value;
  std::uint64_t count;
  friend bool operator==(const ValueCount&, const ValueCount&) noexcept = default;
};

class ExactValues {
 public:
  // Makes room for so many values more; throws std::bad_alloc and has then changed nothing.
  void reserve(std::size_t more);
  // REQUIRES: there is room for it.
  void add(double value) noexcept {
    waiting_.push_back(value);
    ++count_;
  }

  // Gives them in rising order. Throws std::bad_alloc and has then changed nothing.
  std::span<const ValueCount> sorted();
  // Calls visit(ValueCount) for all, in no order; a value may come more than once.
  template <class Visit>
  void each(const Visit& visit) const {
    for (const ValueCount& one : sorted_) visit(one);
    for (const double value : waiting_) visit(ValueCount{value, 1});
  }
  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

  // Counts the memory of values, without the room to grow.
  std::size_t bytes() const noexcept {
    return sizeof(ValueCount) * (sorted_.size() + waiting_.size());
  }
  // And the memory that it takes, used or not.
  std::size_t capacity_bytes() const noexcept {
    return sizeof(ValueCount) * (sorted_.capacity() + spare_.capacity()) +
           sizeof(double) * waiting_.capacity();
  }
  void clear() noexcept;

 private:
  // So few are sorted at once; more when there are more already, so that none is moved too often.
  static constexpr std::size_t kFew = 128;

  void merge();

  std::vector<ValueCount> sorted_;
  std::vector<ValueCount> spare_;
  std::vector<double> waiting_;
  std::uint64_t count_ = 0;
};

}  // namespace pawl::aggregate
