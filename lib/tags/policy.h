#pragma once

// The tag policy in the form in which it is asked: once for each shape of call. What metrics
// inherit is resolved when it is made; only what caps have let pass changes afterwards, and that is
// shared by all copies.
//
// Threads: any.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/tag_policy.h>

#include "tags/value_cap.h"

namespace pawl::tags {

// What is wrong with a policy: the field, such as `metrics[0].values[2].key`, and what it is and
// should be.
struct PolicyFault {
  std::string field;
  std::string complaint;
};
std::optional<PolicyFault> find_fault(const TagPolicy& policy);

// Adds the rule of TagPolicy::llm(prefix), unless the policy says itself which keys those metrics
// may have: by a rule of that name, or by an allowlist of keys for those names and more.
TagPolicy with_llm_keys(TagPolicy policy, std::string_view prefix);

// Which values a key may take.
class ValueRule {
 public:
  ValueRule(const TagValueRule& rule, std::mutex& caps_mutex);

  // Throws std::bad_alloc.
  bool passes(std::string_view key, std::string_view value, CapClaims& claims) const;
  TagAction otherwise() const noexcept { return rule_.otherwise; }
  const std::string& replacement() const noexcept { return rule_.replacement; }

 private:
  TagValueRule rule_;  // the allowed values sorted, and as they are on the wire
  std::unique_ptr<ValueCap> cap_;
};

// What holds for one metric. Keys are as folded_key() gives them.
struct PolicyRules {
  std::shared_ptr<const std::vector<std::string>> allowed_keys;  // sorted; nullptr: all
  TagAction other_keys = TagAction::drop_tag;
  std::map<std::string, std::shared_ptr<const ValueRule>, std::less<>> values;
  std::map<std::string, std::string, std::less<>> renames;

  bool allows(std::string_view key) const noexcept;
  const ValueRule* value_rule(std::string_view key) const noexcept;
};

// What becomes of a tag.
struct Ruling {
  TagChecker::Why why = TagChecker::Why::passed;
  TagAction action = TagAction::drop_tag;  // says something when refused()
  std::string changed = {};                // the tag when it is to be another, else empty

  bool refused() const noexcept {
    return why == TagChecker::Why::reserved || why == TagChecker::Why::key ||
           why == TagChecker::Why::value;
  }
  bool left_out() const noexcept { return refused() && action == TagAction::drop_tag; }
};
// Puts a tag (not empty, fit for the wire) to the rules of its metric, nullptr where there are none
// but the reserved keys. `claims` is that of its call. Throws std::bad_alloc.
Ruling rule(const PolicyRules* rules, std::string_view tag, CapClaims& claims);

class Policy {
 public:
  Policy() = default;  // lets all pass
  // REQUIRES: find_fault() finds none.
  explicit Policy(const TagPolicy& policy);

  // Gives what holds for a metric, "" for events and checks; nullptr when all pass.
  const PolicyRules* of(std::string_view name) const noexcept;

  // Stand around fork(): the lock of all caps is held in between.
  void lock() const noexcept;
  void unlock() const noexcept;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace pawl::tags
