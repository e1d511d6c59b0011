#pragma once

// Values as they were recorded, equal ones counted together: what histograms and timings are made
// of, and what a sketch keeps of values that no mean may touch. Memory follows the number of
// different values: 16 bytes each, in rows that are never moved, and up to an eighth of that for
// values that are not sorted yet.
//
// Threads: the flusher's own.
// Cost: each value is sorted once among a fifth of as many as there are, about 80 ns with a million
// different ones, 10 ns with few.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
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

  // Brings them in order. Throws std::bad_alloc and has then changed nothing.
  void sort();
  // Tells how many are different. REQUIRES: they are sorted.
  std::size_t different() const noexcept { return size_; }
  // Calls visit(ValueCount) for all: when they are sorted in rising order, each value once;
  // otherwise in no order, and a value may come more than once.
  template <class Visit>
  void each(const Visit& visit) const {
    for (std::size_t at = 0; at < size_; ++at) visit(known(at));
    for (const double value : waiting_) visit(ValueCount{value, 1});
  }
  std::uint64_t count() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }

  // Gives the memory that it takes, used or not, and what sorting may take.
  std::size_t bytes() const noexcept {
    return rows_.size() * sizeof(Row) + rows_.capacity() * sizeof(rows_[0]) +
           waiting_.capacity() * sizeof(double) + waiting_.size() * sizeof(ValueCount);
  }
  // Forgets the values; keeps the room.
  void clear() noexcept;

 private:
  static constexpr std::size_t kInRow = 32;
  using Row = std::array<ValueCount, kInRow>;

  const ValueCount& known(std::size_t at) const noexcept {
    return (*rows_.data()[at / kInRow])[at % kInRow];
  }
  ValueCount& known(std::size_t at) noexcept { return (*rows_.data()[at / kInRow])[at % kInRow]; }
  std::size_t most_waiting() const noexcept;
  std::size_t count_unknown() const noexcept;
  void make_rows(std::size_t size);

  std::vector<std::unique_ptr<Row>> rows_;  // of what is sorted
  std::size_t size_ = 0;
  std::vector<double> waiting_;
  std::uint64_t count_ = 0;
};

}  // namespace pawl::aggregate
