#include "tags/value_cap.h"

#include <pawl/tag_policy.h>

#include "base/hash.h"

namespace pawl::tags {

std::size_t ValueCap::Hash::operator()(std::string_view text) const noexcept {
  return base::hash_bytes(text);
}

bool ValueCap::knows(std::string_view key, std::string_view value) const noexcept {
  const auto known = values_.find(key);
  return known != values_.end() && known->second.contains(value);
}

bool ValueCap::has_room(std::string_view key) const noexcept {
  if (remembered_ == TagValueRule::kMostValues) return false;
  const auto known = values_.find(key);
  return known == values_.end() || known->second.size() < max_values_;
}

void ValueCap::take(std::string_view key, std::string_view value) {
  values_.try_emplace(std::string{key}).first->second.emplace(value);
  ++remembered_;
}

void ValueCap::give_back(std::string_view key, std::string_view value) noexcept {
  const auto known = values_.find(key);
  if (known == values_.end()) return;
  const auto taken = known->second.find(value);
  if (taken != known->second.end()) {
    known->second.erase(taken);
    --remembered_;
  }
  if (known->second.empty()) values_.erase(known);
}

CapClaims::~CapClaims() {
  for (const Claim& claim : made_) claim.cap->give_back(claim.key, claim.value);
}

bool CapClaims::claim(ValueCap& cap, std::string_view key, std::string_view value) {
  if (!lock_.owns_lock()) lock_ = std::unique_lock{cap.mutex_};
  if (cap.knows(key, value)) return true;
  if (!cap.has_room(key)) return false;
  // Noted first: giving back what memory failed for is nothing.
  made_.push_back({&cap, std::string{key}, std::string{value}});
  cap.take(key, value);
  return true;
}

}  // namespace pawl::tags
