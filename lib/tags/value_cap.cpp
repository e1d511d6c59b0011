#include "tags/value_cap.h"

#include <pawl/tag_policy.h>

#include "base/hash.h"

namespace pawl::tags {

std::size_t ValueCap::Hash::operator()(std::string_view text) const noexcept {
  return base::hash_bytes(text);
}

bool ValueCap::admits(std::string_view key, std::string_view value) {
  const std::lock_guard lock{mutex_};
  auto known = values_.find(key);
  if (known != values_.end() && known->second.contains(value)) return true;
  if (remembered_ == TagValueRule::kMostValues) return false;
  if (known == values_.end()) known = values_.try_emplace(std::string{key}).first;
  if (known->second.size() == max_values_) return false;
  known->second.emplace(value);
  ++remembered_;
  return true;
}

}  // namespace pawl::tags
