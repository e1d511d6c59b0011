#include "tags/policy.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "tags/normalize.h"
#include "tags/value_patterns.h"

namespace pawl::tags {

namespace {

constexpr std::string_view kBreaking = ",#";

using Why = TagChecker::Why;

// As tags are when they are compared with it.
std::string clean(std::string_view text) {
  std::string made;
  append_clean(made, text, kBreaking);
  return made;
}

// Keys are compared as the back end stores them.
std::string plain_key(std::string_view text) { return folded_key(clean(text)); }

// That of a rule for values, of which `*` is for all.
std::string value_key(std::string_view text) { return text == "*" ? "*" : plain_key(text); }

template <class Make>
std::vector<std::string> made_and_sorted(const std::vector<std::string>& texts, const Make& make) {
  std::vector<std::string> made;
  made.reserve(texts.size());
  for (const std::string& text : texts) made.push_back(make(text));
  std::sort(made.begin(), made.end());
  return made;
}

bool contains(const std::vector<std::string>& sorted, std::string_view text) noexcept {
  return std::binary_search(sorted.begin(), sorted.end(), text, std::less<>{});
}

// Adds what a rule says of itself to what it inherits. `One` is TagPolicy or TagMetricRule.
template <class One>
PolicyRules overlay(PolicyRules rules, const One& one, std::mutex& caps_mutex) {
  if (one.allowed_keys)
    rules.allowed_keys = std::make_shared<const std::vector<std::string>>(
        made_and_sorted(*one.allowed_keys, plain_key));
  rules.other_keys = std::optional{one.other_keys}.value_or(rules.other_keys);
  for (const TagValueRule& value : one.values)
    rules.values.insert_or_assign(value_key(value.key),
                                  std::make_shared<const ValueRule>(value, caps_mutex));
  for (const TagRename& rename : one.renames)
    rules.renames.insert_or_assign(plain_key(rename.from), clean(rename.to));
  return rules;
}

std::string_view value_of(std::string_view tag) noexcept {
  const auto colon = tag.find(':');
  return colon == std::string_view::npos ? std::string_view{} : tag.substr(colon + 1);
}

std::string joined(std::string_view key, std::string_view value) {
  Repairs ignored;
  std::string tag;
  append_tag(tag, key, value, ignored);
  return tag;
}

}  // namespace

ValueRule::ValueRule(const TagValueRule& rule, std::mutex& caps_mutex) : rule_(rule) {
  if (rule_.allowed_values) rule_.allowed_values = made_and_sorted(*rule_.allowed_values, clean);
  if (rule_.max_values != 0) cap_ = std::make_unique<ValueCap>(rule_.max_values, caps_mutex);
}

// The cap last: what does not pass otherwise must not take a place.
bool ValueRule::passes(std::string_view key, std::string_view value, CapClaims& claims) const {
  if (rule_.allowed_values && !contains(*rule_.allowed_values, value)) return false;
  if (rule_.max_length != 0 && characters(value) > rule_.max_length) return false;
  const auto found = [value](TagPattern pattern) { return occurs(pattern, value); };
  const auto& patterns = rule_.refused_patterns;
  if (std::any_of(patterns.begin(), patterns.end(), found)) return false;
  return cap_ == nullptr || claims.claim(*cap_, key, value);
}

bool PolicyRules::allows(std::string_view key) const noexcept {
  return allowed_keys == nullptr || contains(*allowed_keys, key);
}

const ValueRule* PolicyRules::value_rule(std::string_view key) const noexcept {
  auto found = values.find(key);
  if (found == values.end()) found = values.find(std::string_view{"*"});
  return found == values.end() ? nullptr : found->second.get();
}

Ruling rule(const PolicyRules* rules, std::string_view tag, CapClaims& claims) {
  std::string_view key = key_of(tag);
  const std::string_view value = value_of(tag);
  Ruling ruling;
  if (rules == nullptr) {
    if (is_reserved(key)) ruling.why = Why::reserved;
    return ruling;
  }
  std::string folded = folded_key(key);
  const auto renamed = rules->renames.find(folded);
  if (renamed != rules->renames.end()) {
    key = renamed->second;
    folded = folded_key(key);
    ruling = {.why = Why::renamed, .changed = joined(key, value)};
  }
  if (is_reserved(key)) return {.why = Why::reserved};
  if (!rules->allows(folded)) return {.why = Why::key, .action = rules->other_keys};
  const ValueRule* values = rules->value_rule(folded);
  if (values == nullptr || values->passes(folded, value, claims)) return ruling;
  ruling = {.why = Why::value, .action = values->otherwise()};
  if (ruling.action == TagAction::replace_value)
    ruling.changed = joined(key, values->replacement());
  return ruling;
}

struct Policy::Compiled {
  struct Prefix {
    std::string text;
    PolicyRules rules;
  };
  PolicyRules global;
  std::vector<Prefix> prefixes;  // the longest first
  std::map<std::string, PolicyRules, std::less<>> names;
  mutable std::mutex caps_mutex;

  const PolicyRules& of_prefix(std::string_view name) const noexcept {
    const auto begins = [name](const Prefix& prefix) { return name.starts_with(prefix.text); };
    const auto longest = std::find_if(prefixes.begin(), prefixes.end(), begins);
    return longest == prefixes.end() ? global : longest->rules;
  }
};

Policy::Policy(const TagPolicy& policy) {
  if (policy == TagPolicy{}) return;
  const auto made = std::make_shared<Compiled>();
  made->global = overlay({}, policy, made->caps_mutex);
  std::vector<const TagMetricRule*> metrics;
  for (const TagMetricRule& metric : policy.metrics) metrics.push_back(&metric);
  // Whoever inherits comes after all that it may inherit from.
  const auto is_prefix = [](const TagMetricRule& one) { return one.name.ends_with('*'); };
  std::sort(metrics.begin(), metrics.end(), [&](const auto* a, const auto* b) {
    if (is_prefix(*a) != is_prefix(*b)) return is_prefix(*a);
    return a->name.size() < b->name.size();
  });
  for (const TagMetricRule* metric : metrics) {
    std::string name = metric->name;
    const bool prefix = is_prefix(*metric);
    if (prefix) name.pop_back();
    PolicyRules rules = overlay(made->of_prefix(name), *metric, made->caps_mutex);
    if (prefix)
      made->prefixes.insert(made->prefixes.begin(), {std::move(name), std::move(rules)});
    else
      made->names.emplace(std::move(name), std::move(rules));
  }
  compiled_ = made;
}

const PolicyRules* Policy::of(std::string_view name) const noexcept {
  if (compiled_ == nullptr) return nullptr;
  if (name.empty()) return &compiled_->global;
  const auto exact = compiled_->names.find(name);
  return exact == compiled_->names.end() ? &compiled_->of_prefix(name) : &exact->second;
}

void Policy::lock() const noexcept {
  if (compiled_ != nullptr) compiled_->caps_mutex.lock();
}

void Policy::unlock() const noexcept {
  if (compiled_ != nullptr) compiled_->caps_mutex.unlock();
}

}  // namespace pawl::tags
