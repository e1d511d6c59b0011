#include "context/registry.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace pawl::context {

namespace {

constexpr std::string_view kOverflowName = "pawl.overflow";
constexpr std::string_view kOverflowTag = "pawl_overflow:true";

template <class Stripes>
void lock_all(Stripes& stripes) noexcept {
  for (auto& stripe : stripes) stripe.mutex.lock();
}
template <class Stripes>
void unlock_all(Stripes& stripes) noexcept {
  for (auto& stripe : stripes) stripe.mutex.unlock();
}

}  // namespace

Registry::Registry(Limits limits, Rules rules)
    : limits_(limits), rules_(std::move(rules)), seed_(base::process_seed()) {
  scopes_.push_back(std::make_shared<const Scope>(Scope{rules_.prefix, {}}));
}

std::optional<std::uint32_t> Registry::add_scope(std::uint32_t parent,
                                                 std::string_view prefix,
                                                 const tags::TagSet& tags) {
  const std::lock_guard lock{scopes_mutex_};
  Scope scope = *scopes_[parent];
  scope.prefix += prefix;
  scope.tags.insert_all(tags);
  scope.tags.remove_all(rules_.global);  // on every line already
  const auto same = [&scope](const auto& known) { return *known == scope; };
  const auto known = std::find_if(scopes_.begin(), scopes_.end(), same);
  if (known != scopes_.end()) return static_cast<std::uint32_t>(known - scopes_.begin());
  if (scopes_.size() == kMostScopes) return std::nullopt;
  scopes_.push_back(std::make_shared<const Scope>(std::move(scope)));
  return static_cast<std::uint32_t>(scopes_.size() - 1);
}

std::shared_ptr<const Scope> Registry::scope(std::uint32_t number) const {
  const std::lock_guard lock{scopes_mutex_};
  return scopes_[number];
}

Registry::Canonical Registry::canonical(const Call& call) const {
  Canonical made;
  const bool supported = !rules_.unsupported[static_cast<std::size_t>(call.type)];
  const auto scope = this->scope(call.scope);
  if (supported && tags::append_name(made.name, scope->prefix, call.name, made.repairs)) {
    add_tags(made, call.scope, call.tags);
  } else {
    made.refused = true;
    made.reject = supported ? Reject::name : Reject::unsupported;
  }
  return made;
}

Registry::Canonical Registry::canonical_tags(std::uint32_t scope, Tags tags) const {
  Canonical made;
  add_tags(made, scope, tags);
  return made;
}

void Registry::add_tags(Canonical& made, std::uint32_t scope, Tags call) const {
  tags::TagSet tags = this->scope(scope)->tags;
  made.refused = !tags::add_call_tags(tags, call, rules_.global, rules_.policy, made.repairs);
  made.reject = Reject::tags;
  if (!made.refused) made.tags = tags.joined();
}

Answer Registry::resolve(const Call& call) {
  const Canonical canonical = this->canonical(call);
  Answer answer{.reject = canonical.reject, .repairs = canonical.repairs};
  if (!canonical.refused) {
    // What is on every line anyway makes no context of its own.
    const bool said = call.cardinality == rules_.cardinality;
    const Key key{
        call.type, said ? Cardinality::unset : call.cardinality, canonical.name, canonical.tags};
    answer.context = find_or_make(key, Room::regular);
    if (answer.context == nullptr) {
      // Not remembered: it would fill the memory that the cap is there to save.
      answer.context = overflow_context(key);
      answer.reject = Reject::context_limit;
      if (answer.context != nullptr) answer.repairs.note(Repair::context_overflow);
      return answer;
    }
  }
  if (const CallKey key{call}) remember(key, answer);
  return answer;
}

Context* Registry::overflow_context(const Key& key) {
  if (key.type == MetricType::gauge) return nullptr;
  Key overflow = key;
  overflow.tags = kOverflowTag;
  Context* context = find_or_make(overflow, Room::overflow);
  if (context != nullptr) return context;
  overflow.name = kOverflowName;
  overflow.cardinality = Cardinality::unset;
  return find_or_make(overflow, Room::overflow);
}

Context* Registry::find_or_make(const Key& key, Room room) {
  const std::uint64_t kind =
      static_cast<std::uint64_t>(key.type) << 8 | static_cast<std::uint64_t>(key.cardinality);
  const std::uint64_t hash =
      base::fold_multiply(base::hash_bytes(key.name) ^ kind, base::hash_bytes(key.tags) ^ seed_);
  auto& stripe = context_stripes_[(hash >> 40) % kStripes];
  const std::lock_guard lock{stripe.mutex};
  const auto same = [&key](const Context& context) {
    return context.type == key.type && context.cardinality == key.cardinality &&
           context.name() == key.name && context.tags() == key.tags;
  };
  if (Context* known = stripe.table.find(hash, same)) return known;
  const std::size_t bytes = sizeof(Context) + key.name.size() + key.tags.size() + kTableBytes;
  // The last resort is not turned away: it is one context a type.
  const bool last_resort = room == Room::overflow && key.name == kOverflowName;
  const bool taken = take_room(room, bytes);
  if (!taken && !last_resort) return nullptr;
  try {
    return make(stripe, key, hash);
  } catch (const std::bad_alloc&) {
    if (taken) give_room_back(room, bytes);
    throw;
  }
}

bool Registry::take_room(Room room, std::size_t bytes) noexcept {
  auto& count = room == Room::regular ? regular_ : overflow_;
  const std::size_t most = room == Room::regular ? limits_.contexts : kOverflowContexts;
  if (count.fetch_add(1, std::memory_order_relaxed) >= most) {
    count.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  const std::size_t before = bytes_.fetch_add(bytes, std::memory_order_relaxed);
  if (room == Room::overflow || before + bytes <= limits_.bytes) return true;
  give_room_back(room, bytes);
  return false;
}

void Registry::give_room_back(Room room, std::size_t bytes) noexcept {
  (room == Room::regular ? regular_ : overflow_).fetch_sub(1, std::memory_order_relaxed);
  bytes_.fetch_sub(bytes, std::memory_order_relaxed);
}

Context* Registry::make(Stripe<Context>& stripe, const Key& key, std::uint64_t hash) {
  std::byte* memory = stripe.arena.take(sizeof(Context) + key.name.size() + key.tags.size());
  const std::lock_guard lock{directories_mutex_};
  Directory& directory = directories_[static_cast<std::size_t>(kind_of(key.type))];
  directory.reserve();
  auto* context = new (memory) Context{.hash = hash,
                                       .index = directory.size(),
                                       .type = key.type,
                                       .cardinality = key.cardinality,
                                       .name_size = static_cast<std::uint16_t>(key.name.size()),
                                       .tags_size = static_cast<std::uint32_t>(key.tags.size())};
  std::copy(key.tags.begin(),
            key.tags.end(),
            std::copy(key.name.begin(), key.name.end(), context->text()));
  stripe.table.insert(context);
  directory.add(context);
  by_type_[static_cast<std::size_t>(key.type)].fetch_add(1, std::memory_order_relaxed);
  return context;
}

void Registry::remember(const CallKey& key, const Answer& answer) {
  const std::uint64_t hash = key.hash(seed_);
  const std::string_view text = key.view();
  const std::size_t bytes = sizeof(Shape) + text.size() + kTableBytes;
  auto& stripe = shape_stripe(hash);
  const std::lock_guard lock{stripe.mutex};
  if (find(key, hash) != nullptr) return;
  // Contexts need the other half of the memory.
  if (shape_bytes_.load(std::memory_order_relaxed) + bytes > limits_.bytes / 2) return;
  auto* shape = new (stripe.arena.take(sizeof(Shape) + text.size()))
      Shape{.hash = hash,
            .answer = answer,
            .index = answer.context == nullptr ? 0 : answer.context->index,
            .plain = answer.plain(),
            .size = static_cast<std::uint16_t>(text.size())};
  std::copy(text.begin(), text.end(), reinterpret_cast<char*>(shape + 1));
  stripe.table.insert(shape);
  shape_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  shapes_.fetch_add(1, std::memory_order_relaxed);
}

std::array<std::uint64_t, kMetricTypes> Registry::contexts_by_type() const noexcept {
  std::array<std::uint64_t, kMetricTypes> counts{};
  for (std::size_t i = 0; i < kMetricTypes; ++i)
    counts[i] = by_type_[i].load(std::memory_order_relaxed);
  return counts;
}

void Registry::lock() noexcept {
  scopes_mutex_.lock();
  lock_all(shape_stripes_);
  lock_all(context_stripes_);
  directories_mutex_.lock();
}

void Registry::unlock() noexcept {
  directories_mutex_.unlock();
  unlock_all(context_stripes_);
  unlock_all(shape_stripes_);
  scopes_mutex_.unlock();
}

}  // namespace pawl::context
