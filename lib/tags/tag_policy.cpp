#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <pawl/tag_policy.h>

#include "tags/policy.h"

namespace pawl {

namespace {

constexpr std::array<std::string_view, 18> kLlmKeys{"env",
                                                    "service",
                                                    "version",
                                                    "model",
                                                    "provider",
                                                    "feature",
                                                    "prompt_name",
                                                    "prompt_version",
                                                    "prompt_variant",
                                                    "tenant_tier",
                                                    "status",
                                                    "error_type",
                                                    "finish_reason",
                                                    "streaming",
                                                    "cache_hit",
                                                    "tool",
                                                    "eval",
                                                    "region"};

}  // namespace

std::string_view to_string(TagAction action) noexcept {
  constexpr std::array<std::string_view, 3> kWords{"drop_tag", "replace_value", "refuse_metric"};
  const auto i = static_cast<std::size_t>(action);
  return i < kWords.size() ? kWords[i] : "unknown";
}

std::string_view to_string(TagPattern pattern) noexcept {
  constexpr std::array<std::string_view, 4> kWords{"uuid", "long_hex", "long_number", "email"};
  const auto i = static_cast<std::size_t>(pattern);
  return i < kWords.size() ? kWords[i] : "unknown";
}

std::string_view to_string(TagChecker::Why why) noexcept {
  constexpr std::array<std::string_view, 6> kWords{
      "passed", "repaired", "reserved", "key", "value", "renamed"};
  const auto i = static_cast<std::size_t>(why);
  return i < kWords.size() ? kWords[i] : "unknown";
}

std::span<const std::string_view> TagPolicy::llm_keys() noexcept { return kLlmKeys; }

TagPolicy TagPolicy::llm(std::string_view prefix) {
  TagMetricRule rule{.name = std::string{prefix} + "llm.*"};
  rule.allowed_keys.emplace(kLlmKeys.begin(), kLlmKeys.end());
  TagPolicy policy;
  policy.metrics.push_back(std::move(rule));
  return policy;
}

TagPolicy tags::with_llm_keys(TagPolicy policy, std::string_view prefix) {
  TagMetricRule llm = std::move(TagPolicy::llm(prefix).metrics.front());
  const auto says = [&llm](const TagMetricRule& rule) {
    const std::string_view begin = std::string_view{rule.name}.substr(0, rule.name.size() - 1);
    const bool for_more = rule.name.ends_with('*') && llm.name.starts_with(begin);
    return rule.name == llm.name || (for_more && rule.allowed_keys.has_value());
  };
  const auto& metrics = policy.metrics;
  if (!policy.allowed_keys && std::none_of(metrics.begin(), metrics.end(), says))
    policy.metrics.push_back(std::move(llm));
  return policy;
}

}  // namespace pawl
