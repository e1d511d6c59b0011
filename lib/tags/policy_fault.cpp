#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "tags/json_tree.h"
#include "tags/normalize.h"
#include "tags/policy.h"

// What a policy may say. JSON and Options are checked by the same words.

namespace pawl::tags {

namespace {

using Fault = std::optional<PolicyFault>;

std::string quoted(std::string_view text) { return fmt::format("'{}'", shown(text)); }

PolicyFault fault(std::string field, std::string_view text, std::string_view expected) {
  return {std::move(field), fmt::format("is {}; expected {}", quoted(text), expected)};
}

// Tells whether the text is on the wire as it is written.
bool is_plain(std::string_view text) {
  std::string made;
  return text.size() <= kMaxTagBytes && !append_clean(made, text, ",#");
}

bool is_key(std::string_view text) {
  return !text.empty() && is_plain(text) && text.find(':') == std::string_view::npos;
}

constexpr std::string_view kKey =
    "a tag's key of 1 to 200 bytes, without ':', ',', '|', '#' and control bytes";
constexpr std::string_view kValue =
    "a tag's value of at most 200 bytes, without ',', '|', '#' and control bytes";

Fault check_keys(const std::string& at, const std::optional<std::vector<std::string>>& keys) {
  if (!keys) return std::nullopt;
  for (std::size_t i = 0; i < keys->size(); ++i)
    if (const std::string& key = (*keys)[i]; !key.empty() && !is_key(key))
      return fault(fmt::format("{}allowed_keys[{}]", at, i), key, kKey);
  return std::nullopt;
}

Fault check_other_keys(const std::string& at, std::optional<TagAction> action) {
  if (!action || *action == TagAction::drop_tag || *action == TagAction::refuse_metric)
    return std::nullopt;
  return fault(at + "other_keys", to_string(*action), "drop_tag or refuse_metric");
}

// Tells whether the rule for a metric inherits from the other.
bool inherits(const TagMetricRule& rule, const TagMetricRule& from) {
  std::string_view prefix = from.name;
  if (!prefix.ends_with('*')) return false;
  prefix.remove_suffix(1);
  return std::string_view{rule.name}.starts_with(prefix);
}

// What becomes of other keys says nothing where no keys are named: more likely they were forgotten.
Fault check_other_keys_of_none(const TagPolicy& policy) {
  constexpr std::string_view kNamed = "allowed_keys too, for without them all keys pass";
  if (policy.allowed_keys) return std::nullopt;
  const auto names_keys = [](const TagMetricRule& rule) { return rule.allowed_keys.has_value(); };
  const auto& metrics = policy.metrics;
  if (policy.other_keys != TagAction::drop_tag &&
      std::none_of(metrics.begin(), metrics.end(), names_keys))
    return fault("other_keys", to_string(policy.other_keys), kNamed);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto has_keys = [&](const TagMetricRule& from) {
      return names_keys(from) && (&from == &metrics[i] || inherits(metrics[i], from));
    };
    if (metrics[i].other_keys && std::none_of(metrics.begin(), metrics.end(), has_keys))
      return fault(
          fmt::format("metrics[{}].other_keys", i), to_string(*metrics[i].other_keys), kNamed);
  }
  return std::nullopt;
}

Fault check_number(std::string field, std::size_t number, std::size_t most) {
  if (number <= most) return std::nullopt;
  return PolicyFault{std::move(field),
                     fmt::format("is {}; expected 1 to {}, or 0 for no limit", number, most)};
}

Fault check_value_rule(const std::string& at, const TagValueRule& rule) {
  if (rule.key != "*" && !is_key(rule.key)) return fault(at + ".key", rule.key, kKey);
  if (rule.allowed_values)
    for (std::size_t i = 0; i < rule.allowed_values->size(); ++i)
      if (const std::string& value = (*rule.allowed_values)[i]; !is_plain(value))
        return fault(fmt::format("{}.allowed_values[{}]", at, i), value, kValue);
  if (auto wrong = check_number(at + ".max_values", rule.max_values, TagValueRule::kMostValues))
    return wrong;
  if (auto wrong = check_number(at + ".max_length", rule.max_length, kMaxTagBytes)) return wrong;
  for (std::size_t i = 0; i < rule.refused_patterns.size(); ++i)
    if (const auto word = to_string(rule.refused_patterns[i]); word == "unknown")
      return fault(fmt::format("{}.refused_patterns[{}]", at, i),
                   word,
                   "uuid, long_hex, long_number or email");
  if (to_string(rule.otherwise) == "unknown")
    return fault(at + ".otherwise", "unknown", "drop_tag, replace_value or refuse_metric");
  if (rule.replacement.empty() || !is_plain(rule.replacement))
    return fault(at + ".replacement", rule.replacement, "a tag's value that is not empty");
  return std::nullopt;
}

Fault check_rename(const std::string& at, const TagRename& rename) {
  if (!is_key(rename.from)) return fault(at + ".from", rename.from, kKey);
  if (!is_key(rename.to)) return fault(at + ".to", rename.to, kKey);
  if (!is_reserved(rename.to)) return std::nullopt;
  return fault(at + ".to", rename.to, "a key that the Agent does not obey");
}

std::string same_name(std::string_view name) { return std::string{name}; }
std::string same_key(std::string_view key) { return key == "*" ? "*" : folded_key(key); }

// Checks each element of a list, and that no two are for the same: of what same() makes the same.
template <class One, class Same, class Check>
Fault check_list(const std::string& list,
                 const std::vector<One>& ones,
                 std::string One::*name,
                 std::string_view name_field,
                 const Same& same,
                 const Check& check) {
  std::set<std::string> known;
  for (std::size_t i = 0; i < ones.size(); ++i) {
    const std::string at = fmt::format("{}[{}]", list, i);
    if (auto wrong = check(at, ones[i])) return wrong;
    if (!known.insert(same(ones[i].*name)).second)
      return fault(fmt::format("{}.{}", at, name_field), ones[i].*name, "each at most once");
  }
  return std::nullopt;
}

// Checks what the policy and its rules for metrics have in common. `at` ends in a dot, or is empty.
template <class One>
Fault check_common(const std::string& at, const One& one) {
  if (auto wrong = check_keys(at, one.allowed_keys)) return wrong;
  if (auto wrong = check_other_keys(at, one.other_keys)) return wrong;
  if (auto wrong = check_list(
          at + "values", one.values, &TagValueRule::key, "key", same_key, check_value_rule))
    return wrong;
  return check_list(at + "renames", one.renames, &TagRename::from, "from", same_key, check_rename);
}

Fault check_metric(const std::string& at, const TagMetricRule& rule) {
  std::string_view name = rule.name;
  if (name.ends_with('*')) name.remove_suffix(1);
  Repairs repairs;
  std::string made;
  const bool good =
      name.empty() ? !rule.name.empty() : append_name(made, "", name, repairs) && !repairs.any();
  if (good) return check_common(at + ".", rule);
  return fault(at + ".name",
               rule.name,
               "a metric's name of letters, digits, '_' and '.', or how it begins and then '*'");
}

}  // namespace

std::optional<PolicyFault> find_fault(const TagPolicy& policy) {
  if (auto wrong = check_common("", policy)) return wrong;
  if (auto wrong = check_list(
          "metrics", policy.metrics, &TagMetricRule::name, "name", same_name, check_metric))
    return wrong;
  return check_other_keys_of_none(policy);
}

}  // namespace pawl::tags
