#include "context/contexts.h"

#include <algorithm>
#include <new>

#include "base/hash.h"

namespace pawl::context {

namespace {

constexpr std::string_view kOverflowName = "pawl.overflow";
constexpr std::string_view kOverflowTag = "pawl_overflow:true";

// Throws std::bad_alloc.
OwnedContext make_context(const Contexts::Key& key,
                          const Directory::Place& place,
                          std::uint32_t now) {
  void* memory = ::operator new(sizeof(Context) + key.name.size() + key.tags.size());
  auto* made = new (memory) Context{.index = place.index,
                                    .type = key.type,
                                    .cardinality = key.cardinality,
                                    .name_size = static_cast<std::uint16_t>(key.name.size()),
                                    .tags_size = static_cast<std::uint32_t>(key.tags.size()),
                                    .active_at = now,
                                    .sent = place.totals};
  std::copy(
      key.tags.begin(), key.tags.end(), std::copy(key.name.begin(), key.name.end(), made->text()));
  return OwnedContext{made};
}

}  // namespace

std::size_t Contexts::Hash::operator()(const Key& key) const noexcept {
  const std::uint64_t kind =
      static_cast<std::uint64_t>(key.type) << 8 | static_cast<std::uint64_t>(key.cardinality);
  return base::fold_multiply(base::hash_bytes(key.name) ^ kind,
                             base::hash_bytes(key.tags) ^ base::process_seed());
}

bool Contexts::Same::operator()(const Key& key, const OwnedContext& one) const noexcept {
  return one->type == key.type && one->cardinality == key.cardinality && one->name() == key.name &&
         one->tags() == key.tags;
}

Context* Contexts::overflow(const Key& key, Hold hold) {
  if (key.type == MetricType::gauge) return nullptr;
  Key overflow = key;
  overflow.tags = kOverflowTag;
  if (Context* context = in_room(overflow, hold, Room::overflow)) return context;
  overflow.name = kOverflowName;
  overflow.cardinality = Cardinality::unset;
  return in_room(overflow, hold, Room::overflow);
}

Context* Contexts::in_room(const Key& key, Hold hold, Room room) {
  auto& stripe = stripes_[Hash{}(key) >> 40 & (kStripes - 1)];
  const std::lock_guard lock{stripe.mutex};
  const auto known = stripe.map.find(key);
  Context* context = known == stripe.map.end() ? nullptr : known->get();
  if (context == nullptr) {
    const std::size_t bytes = sizeof(Context) + key.name.size() + key.tags.size() + kMapBytes;
    // The last resort is not turned away: it is one context a type.
    const bool last_resort = room == Room::overflow && key.name == kOverflowName;
    const bool taken = take_room(room, bytes);
    if (!taken && !last_resort) return nullptr;
    try {
      context = make(stripe.map, key);
    } catch (const std::bad_alloc&) {
      if (taken) give_room_back(room, bytes);
      throw;
    }
  }
  // What takes the rest shall not come and go.
  if (hold == Hold::yes || room == Room::overflow) context->held = true;
  return context;
}

Context* Contexts::make(Map& map, const Key& key) {
  const std::lock_guard lock{directories_mutex_};
  Directory& directory = directories_[static_cast<std::size_t>(kind_of(key.type))];
  if (directory.is_full()) throw std::bad_alloc{};
  auto made = make_context(key, directory.next(), now_.load(std::memory_order_relaxed));
  Context* context = made.get();
  map.insert(std::move(made));
  directory.add(context);
  by_type_[static_cast<std::size_t>(key.type)].fetch_add(1, std::memory_order_relaxed);
  return context;
}

bool Contexts::take_bytes(std::size_t bytes) noexcept {
  if (bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limits_.bytes) return true;
  give_bytes_back(bytes);
  return false;
}

bool Contexts::take_room(Room room, std::size_t bytes) noexcept {
  auto& count = room == Room::regular ? regular_ : overflow_;
  const std::size_t most = room == Room::regular ? limits_.contexts : kOverflowContexts;
  if (count.fetch_add(1, std::memory_order_relaxed) < most) {
    if (take_bytes(bytes)) return true;
    if (room == Room::overflow) {
      bytes_.fetch_add(bytes, std::memory_order_relaxed);
      return true;
    }
  }
  count.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Contexts::give_room_back(Room room, std::size_t bytes) noexcept {
  (room == Room::regular ? regular_ : overflow_).fetch_sub(1, std::memory_order_relaxed);
  give_bytes_back(bytes);
}

// A context is marked before its stripe is let go, so a call either finds it before and is waited
// for, or does not find it.
std::size_t Contexts::expire(std::uint32_t idle_since) noexcept {
  if (idle_since == 0) return 0;
  for (Stripe& stripe : stripes_) {
    const std::lock_guard lock{stripe.mutex};
    for (auto at = stripe.map.begin(); at != stripe.map.end();) {
      const auto one = at++;
      if ((*one)->held || (*one)->active_at.load(std::memory_order_relaxed) >= idle_since) continue;
      if (!make_room_for_expired()) return expired_.size();
      (*one)->expired = true;
      expired_.back() = stripe.map.extract(one);
    }
  }
  return expired_.size();
}

bool Contexts::make_room_for_expired() noexcept {
  try {
    expired_.emplace_back();
    return true;
  } catch (const std::bad_alloc&) {
    return false;  // the rest expires later
  }
}

void Contexts::free_expired() {
  const std::lock_guard lock{directories_mutex_};
  for (; !expired_.empty(); expired_.pop_back()) {
    const Context& context = *expired_.back().value();
    const Kind kind = kind_of(context.type);
    // Only counters have cells; a gauge's word goes with its context.
    directories_[static_cast<std::size_t>(kind)].remove(
        context, kind == Kind::counter ? context.sent : Totals{});
    by_type_[static_cast<std::size_t>(context.type)].fetch_sub(1, std::memory_order_relaxed);
    give_room_back(Room::regular, cost(context));
  }
  expired_.shrink_to_fit();
}

std::array<std::uint64_t, kMetricTypes> Contexts::by_type() const noexcept {
  std::array<std::uint64_t, kMetricTypes> counts{};
  for (std::size_t i = 0; i < kMetricTypes; ++i)
    counts[i] = by_type_[i].load(std::memory_order_relaxed);
  return counts;
}

void Contexts::lock() noexcept {
  for (Stripe& stripe : stripes_) stripe.mutex.lock();
  directories_mutex_.lock();
}

void Contexts::unlock() noexcept {
  directories_mutex_.unlock();
  for (Stripe& stripe : stripes_) stripe.mutex.unlock();
}

}  // namespace pawl::context
