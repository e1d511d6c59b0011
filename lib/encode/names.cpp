#include <array>

#include <pawl/metric.h>
#include <pawl/stats.h>

// The words for every enumerator of the public headers, in the order of their declarations.

namespace pawl {

namespace {

template <std::size_t Size, class Enum>
std::string_view pick(const std::array<std::string_view, Size>& words, Enum value) noexcept {
  const auto at = static_cast<std::size_t>(value);
  return at < Size ? words[at] : std::string_view{"unknown"};
}

}  // namespace

std::string_view wire_name(MetricType type) noexcept {
  static constexpr std::array<std::string_view, kMetricTypes> kWords{"c", "g", "h", "d", "ms", "s"};
  return pick(kWords, type);
}

std::string_view to_string(MetricType type) noexcept {
  static constexpr std::array<std::string_view, kMetricTypes> kWords{
      "count", "gauge", "histogram", "distribution", "timing", "set"};
  return pick(kWords, type);
}

std::string_view to_string(Cardinality cardinality) noexcept {
  static constexpr std::array<std::string_view, 5> kWords{
      "unset", "none", "low", "orchestrator", "high"};
  return pick(kWords, cardinality);
}

std::string_view to_string(Reject reason) noexcept {
  static constexpr std::array<std::string_view, kRejects> kWords{"name",
                                                                 "tags",
                                                                 "value",
                                                                 "timestamp",
                                                                 "sampled_out",
                                                                 "context_limit",
                                                                 "member_limit",
                                                                 "memory_limit",
                                                                 "line_too_long",
                                                                 "unsupported",
                                                                 "no_memory",
                                                                 "closed",
                                                                 "policy"};
  return pick(kWords, reason);
}

std::string_view to_string(Repair repair) noexcept {
  static constexpr std::array<std::string_view, kRepairs> kWords{"name",
                                                                 "tag_bytes",
                                                                 "tag_cut",
                                                                 "tag_reserved",
                                                                 "tag_policy",
                                                                 "tag_empty",
                                                                 "text",
                                                                 "sample_rate",
                                                                 "context_overflow",
                                                                 "tag_value"};
  return pick(kWords, repair);
}

std::string_view to_string(Drop reason) noexcept {
  static constexpr std::array<std::string_view, kDrops> kWords{
      "queue_full", "expired", "unreachable", "too_large", "send_error", "shutdown"};
  return pick(kWords, reason);
}

}  // namespace pawl
