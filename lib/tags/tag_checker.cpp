#include <string>
#include <utility>

#include <fmt/format.h>

#include <pawl/tag_policy.h>

#include "tags/normalize.h"
#include "tags/policy.h"

namespace pawl {

struct TagChecker::State {
  tags::Policy policy;
};

TagChecker::TagChecker(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
TagChecker::TagChecker(TagChecker&&) noexcept = default;
TagChecker& TagChecker::operator=(TagChecker&&) noexcept = default;
TagChecker::~TagChecker() = default;

Result<TagChecker> TagChecker::from(const TagPolicy& policy) {
  if (const auto fault = tags::find_fault(policy))
    return Error{fmt::format("TagPolicy::{} {}", fault->field, fault->complaint)};
  return TagChecker{std::make_unique<State>(State{tags::Policy{tags::with_llm_keys(policy, {})}})};
}

std::vector<TagChecker::Outcome> TagChecker::check(std::string_view name, Tags tags) {
  std::vector<Outcome> outcomes;
  const tags::PolicyRules* rules = state_->policy.of(name);
  tags::CapClaims claims;
  bool refused = false;
  for (const Tag& tag : tags) {
    tags::Repairs repairs;
    std::string text;
    Outcome& outcome = outcomes.emplace_back();
    if (!tags::append_tag(text, tag.key, tag.value, repairs)) {
      outcome.why = Why::repaired;
      continue;
    }
    tags::Ruling ruling = tags::rule(rules, text, claims);
    outcome.why = ruling.why != Why::passed || !repairs.any() ? ruling.why : Why::repaired;
    outcome.refuses_call = ruling.refused() && ruling.action == TagAction::refuse_metric;
    refused = refused || outcome.refuses_call;
    if (!ruling.changed.empty()) text = std::move(ruling.changed);
    if (!ruling.left_out() && !outcome.refuses_call) outcome.tag = std::move(text);
  }
  if (!refused) claims.keep();
  return outcomes;
}

}  // namespace pawl
