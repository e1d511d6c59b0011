#include "aggregate/exact_values.h"

#include <algorithm>

namespace pawl::aggregate {

void ExactValues::reserve(std::size_t more) {
  if (waiting_.size() >= std::max(kFew, sorted_.size())) merge();
  const std::size_t needed = waiting_.size() + more;
  if (needed > waiting_.capacity()) waiting_.reserve(std::max(needed, 2 * waiting_.capacity()));
}

std::span<const ValueCount> ExactValues::sorted() {
  merge();
  return sorted_;
}

// Two rising rows into one.
void ExactValues::merge() {
  if (waiting_.empty()) return;
  spare_.reserve(sorted_.size() + waiting_.size());
  std::sort(waiting_.begin(), waiting_.end());
  const auto append = [this](const ValueCount& one) {
    if (!spare_.empty() && spare_.back().value == one.value)
      spare_.back().count += one.count;
    else
      spare_.push_back(one);
  };
  auto known = sorted_.cbegin();
  for (const double value : waiting_) {
    for (; known != sorted_.cend() && known->value <= value; ++known) append(*known);
    append({value, 1});
  }
  for (; known != sorted_.cend(); ++known) append(*known);
  std::swap(sorted_, spare_);
  spare_.clear();
  waiting_.clear();
}

void ExactValues::clear() noexcept {
  sorted_.clear();
  spare_.clear();
  waiting_.clear();
  count_ = 0;
}

}  // namespace pawl::aggregate
