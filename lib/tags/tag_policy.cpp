#include <array>
#include <string>
#include <utility>

#include <pawl/tag_policy.h>

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

}  // namespace pawl
