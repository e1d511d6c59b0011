#include "context/registry.h"

#include <algorithm>
#include <new>
#include <utility>

namespace pawl::context {

Registry::Registry(Limits limits, Rules rules)
    : limits_(limits),
      rules_(std::move(rules)),
      digester_(base::process_seed()),
      contexts_(limits) {
  scopes_.push_back(std::make_shared<const Scope>(Scope{rules_.prefix, {}}));
}

std::optional<std::uint32_t> Registry::add_scope(std::uint32_t parent,
                                                 std::string_view prefix,
                                                 const tags::TagSet& tags) {
  const std::lock_guard lock{scopes_mutex_};
  Scope scope = *scopes_[parent];
  scope.prefix += prefix;
  add_child_tags(scope, tags);
  const auto same = [&scope](const auto& known) { return *known == scope; };
  const auto known = std::find_if(scopes_.begin(), scopes_.end(), same);
  if (known != scopes_.end()) return static_cast<std::uint32_t>(known - scopes_.begin());
  if (scopes_.size() == kMostScopes) return std::nullopt;
  scopes_.push_back(std::make_shared<const Scope>(std::move(scope)));
  return static_cast<std::uint32_t>(scopes_.size() - 1);
}

// The keys of unified service tagging, of which a line has one value each.
void Registry::add_child_tags(Scope& scope, const tags::TagSet& tags) const {
  for (const std::string_view key : {"env", "service", "version"}) {
    const std::string_view own = tags.find_key(key);
    if (own.empty()) continue;
    scope.tags.remove_key(key);
    if (scope.whole || rules_.global.find_key(key).empty() || rules_.global.contains(own)) continue;
    scope.tags.insert_all(rules_.global);
    scope.tags.remove_key(key);
    scope.whole = true;
  }
  scope.tags.insert_all(tags);
  if (!scope.whole) scope.tags.remove_all(rules_.global);  // on every line already
}

std::string Registry::tag(std::uint32_t scope, std::string_view key) const {
  const auto found = this->scope(scope);
  std::string_view tag = found->tags.find_key(key);
  if (tag.empty() && !found->whole) tag = rules_.global.find_key(key);
  return std::string{tag.substr(std::min(key.size() + 1, tag.size()))};
}

std::shared_ptr<const Scope> Registry::scope(std::uint32_t number) const {
  const std::lock_guard lock{scopes_mutex_};
  return scopes_[number];
}

Registry::Canonical Registry::canonical(const Call& call) const {
  Canonical made;
  const bool supported = !rules_.unsupported[static_cast<std::size_t>(call.type)];
  const auto scope = this->scope(call.scope);
  if (supported && tags::append_name(made.name, scope->prefix, call.name, made.note.repairs)) {
    add_tags(made, call.scope, call.tags);
  } else {
    made.note.refused = true;
    made.note.reject = supported ? Reject::name : Reject::unsupported;
  }
  return made;
}

Registry::Canonical Registry::canonical_tags(std::uint32_t scope, Tags tags) const {
  Canonical made;
  add_tags(made, scope, tags);
  return made;
}

void Registry::add_tags(Canonical& made, std::uint32_t scope, Tags call) const {
  const auto child = this->scope(scope);
  tags::TagSet tags = child->tags;
  static const tags::TagSet kNone;
  const tags::TagSet& global = child->whole ? kNone : rules_.global;
  const tags::CallRules rules{rules_.policy.of(made.name), global, refused_keys_};
  const auto refusal = tags::add_call_tags(tags, call, rules, made.note.repairs);
  made.note.refused = refusal.has_value();
  made.note.reject = refusal.value_or(made.note.reject);
  if (refusal) return;
  if (child->whole) made.tags = tags::kWholeTags;
  made.tags += tags.joined();
}

Answer Registry::resolve(const Call& call) {
  const std::uint32_t turn = turns_.load(std::memory_order_acquire);
  const Answer answer = this->answer(call, Contexts::Hold::no);
  // What is beyond the caps is not remembered: it would fill the memory that they are there to
  // save.
  const bool beyond = answer.note.refused ? answer.note.reject == Reject::context_limit
                                          : answer.note.repairs.made(Repair::context_overflow);
  if (!beyond) remember(call, answer, turn);
  return answer;
}

Answer Registry::hold(const Call& call) { return answer(call, Contexts::Hold::yes); }

Answer Registry::answer(const Call& call, Contexts::Hold hold) {
  const Canonical canonical = this->canonical(call);
  Answer answer{.note = canonical.note};
  if (canonical.note.refused) return answer;
  // What is on every line anyway makes no context of its own.
  const bool said = call.cardinality == rules_.cardinality;
  const Contexts::Key key{
      call.type, said ? Cardinality::unset : call.cardinality, canonical.name, canonical.tags};
  answer.context = contexts_.find_or_make(key, hold);
  if (answer.context != nullptr) return answer;
  answer.context = contexts_.overflow(key, hold);
  if (answer.context != nullptr) {
    answer.note.repairs.note(Repair::context_overflow);
  } else {
    answer.note.refused = true;
    answer.note.reject = Reject::context_limit;
  }
  return answer;
}

void Registry::remember(const Call& call, const Answer& answer, std::uint32_t turn) noexcept {
  if (!Digester::fits(call)) return;
  const Digest digest = digester_.digest(call);
  const auto note = notes_.number_of(answer.note);
  if (!note) return;
  Stripe& stripe = shapes_[digest.high % kStripes];
  const std::lock_guard lock{stripe.mutex};
  if (!stripe.table.find(digest).is_new()) return;
  // Its note may have the numbers of before a turn: turn() has been here, or will be.
  if (turns_.load(std::memory_order_relaxed) != turn) return;
  // The context may have expired since it was found: retire() has been here, or will be.
  if (answer.context != nullptr && answer.context->expired) return;
  const std::size_t bytes = stripe.table.growth();
  if (!take_shape_bytes(bytes)) {
    shapes_full_ = true;
    return;
  }
  const std::uint32_t index = answer.context == nullptr ? 0 : answer.context->index;
  try {
    stripe.table.insert(digest, Known{index, *note, answer.context});
    shape_count_.fetch_add(1, std::memory_order_relaxed);
  } catch (const std::bad_alloc&) {
    give_shape_bytes_back(bytes);  // the next call of the shape is new again
  }
}

// Contexts need the other half of the memory.
bool Registry::take_shape_bytes(std::size_t bytes) noexcept {
  if (bytes == 0) return true;
  const bool room =
      shape_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limits_.bytes / 2;
  if (room && contexts_.take_bytes(bytes)) return true;
  shape_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void Registry::give_shape_bytes_back(std::size_t bytes) noexcept {
  shape_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  contexts_.give_bytes_back(bytes);
}

void Registry::retire(std::uint32_t idle_since, std::uint32_t now) {
  contexts_.set_now(now);
  if (has_retired_) return;
  if (contexts_.expire(idle_since) != 0) {
    has_retired_ = true;
    forget([](const Known& known) { return known.context() && known.context()->expired; });
  }
  const bool all = shapes_full_.exchange(false);
  for (Stripe& stripe : shapes_) retire_tables(stripe, all);
}

// The keys first: who sees the new turn gets no number that is being taken.
void Registry::turn(const tags::RefusedCounts& counts) noexcept {
  refused_keys_.turn(counts);
  notes_.turn();
  turns_.fetch_add(1, std::memory_order_release);
  forget([](const Known& known) { return !known.plain(); });
  has_retired_ = true;
}

template <class Gone>
void Registry::forget(const Gone& gone) noexcept {
  for (Stripe& stripe : shapes_) {
    const std::lock_guard lock{stripe.mutex};
    const std::size_t removed = stripe.table.remove_if(gone);
    shape_count_.fetch_sub(removed, std::memory_order_relaxed);
  }
}

// The bytes of what is retired are given back at once, though they are freed at a later flush:
// else there were none for the shapes that come again meanwhile.
void Registry::retire_tables(Stripe& stripe, bool all) {
  const std::lock_guard lock{stripe.mutex};
  const std::size_t before = stripe.table.size();
  if (all) stripe.table.clear();
  shape_count_.fetch_sub(before - stripe.table.size(), std::memory_order_relaxed);
  const std::size_t first = retired_tables_.size();
  stripe.table.move_outgrown_to(retired_tables_);
  for (std::size_t i = first; i < retired_tables_.size(); ++i)
    give_shape_bytes_back(ShapeTable::bytes(*retired_tables_[i]));
  has_retired_ = has_retired_ || !retired_tables_.empty();
}

void Registry::free_retired() {
  retired_tables_.clear();
  contexts_.free_expired();
  has_retired_ = false;
}

void Registry::lock() noexcept {
  scopes_mutex_.lock();
  for (Stripe& stripe : shapes_) stripe.mutex.lock();
  notes_.lock();
  rules_.policy.lock();
  refused_keys_.lock();
  contexts_.lock();
}

void Registry::unlock() noexcept {
  contexts_.unlock();
  refused_keys_.unlock();
  rules_.policy.unlock();
  notes_.unlock();
  for (Stripe& stripe : shapes_) stripe.mutex.unlock();
  scopes_mutex_.unlock();
}

}  // namespace pawl::context
