#include "aggregate/exact_values.h"

#include <algorithm>

namespace pawl::aggregate {

// So few are sorted at once; more when there are more already, so that none is moved too often.
std::size_t ExactValues::most_waiting() const noexcept {
  constexpr std::size_t kFew = 128;
  return std::max(kFew, size_ / 4);
}

void ExactValues::reserve(std::size_t more) {
  if (waiting_.size() >= most_waiting()) sort();
  const std::size_t needed = waiting_.size() + more;
  if (needed > waiting_.capacity())
    waiting_.reserve(std::max(needed, std::min(most_waiting(), 2 * waiting_.capacity())));
}

// From the end, where there is room: so each known one is moved once, and nothing is copied.
void ExactValues::sort() {
  if (waiting_.empty()) return;
  std::sort(waiting_.begin(), waiting_.end());
  const std::size_t size = size_ + count_unknown();
  make_rows(size);
  std::size_t from = size_;
  std::size_t to = size;
  for (std::size_t left = waiting_.size(); left != 0;) {
    ValueCount one{waiting_[left - 1], 0};
    for (; left != 0 && waiting_[left - 1] == one.value; --left) ++one.count;
    for (; from != 0 && known(from - 1).value > one.value; --from) known(--to) = known(from - 1);
    if (from != 0 && known(from - 1).value == one.value) one.count += known(--from).count;
    known(--to) = one;
  }
  size_ = size;
  waiting_.clear();
}

// REQUIRES: those that wait are in order.
std::size_t ExactValues::count_unknown() const noexcept {
  std::size_t unknown = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    if (i != 0 && waiting_[i] == waiting_[i - 1]) continue;
    while (at < size_ && known(at).value < waiting_[i]) ++at;
    if (at == size_ || known(at).value != waiting_[i]) ++unknown;
  }
  return unknown;
}

void ExactValues::make_rows(std::size_t size) {
  while (rows_.size() * kInRow < size) rows_.push_back(std::make_unique<Row>());
}

void ExactValues::clear() noexcept {
  size_ = 0;
  waiting_.clear();
  count_ = 0;
}

}  // namespace pawl::aggregate
