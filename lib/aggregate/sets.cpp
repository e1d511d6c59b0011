#include "aggregate/sets.h"

#include "base/hash.h"

namespace pawl::aggregate {

std::size_t Sets::HashText::operator()(std::string_view text) const noexcept {
  return base::hash_bytes(text);
}

bool Sets::insert(std::uint32_t index, std::string_view member) {
  Stripe& stripe = stripes_[index % stripes_.size()];
  const std::lock_guard lock{stripe.mutex};
  Members& members = stripe.sets[index];
  if (const auto known = members.find(member); known != members.end()) {
    ++known->second;
    ++stripe.calls;
    return true;
  }
  const std::size_t bytes = kMemberBytes + member.size();
  if (!budget_.take(bytes)) return false;
  stripe.charged += bytes;
  members.emplace(member, 1);
  ++stripe.members;
  ++stripe.calls;
  return true;
}

std::vector<Sets::Member> Sets::take() {
  // All at once, so that the memory for them can be had before the first is moved.
  const std::lock_guard<Sets> all{*this};
  std::size_t members = 0;
  for (const Stripe& stripe : stripes_) members += stripe.members;
  std::vector<Member> taken;
  taken.reserve(members);
  for (Stripe& stripe : stripes_) {
    for (auto& [index, set] : stripe.sets)
      while (!set.empty()) {
        auto node = set.extract(set.begin());
        taken.push_back({index, node.mapped(), std::move(node.key())});
      }
    clear(stripe);
  }
  return taken;
}

std::uint64_t Sets::waiting() noexcept {
  std::uint64_t calls = 0;
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock{stripe.mutex};
    calls += stripe.calls;
  }
  return calls;
}

void Sets::clear(Stripe& stripe) noexcept {
  stripe.sets.clear();
  stripe.members = 0;
  stripe.calls = 0;
  budget_.give_back(stripe.charged);
  stripe.charged = 0;
}

void Sets::clear() noexcept {
  for (Stripe& stripe : stripes_) clear(stripe);
}

void Sets::lock() noexcept {
  for (Stripe& stripe : stripes_) stripe.mutex.lock();
}

void Sets::unlock() noexcept {
  for (Stripe& stripe : stripes_) stripe.mutex.unlock();
}

}  // namespace pawl::aggregate
