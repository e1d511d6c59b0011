#include <array>
#include <cstddef>
#include <string_view>

#include <pawl/trace_stats.h>

// The words of the ledger.

namespace pawl::trace {

std::string_view to_string(SpanDrop reason) noexcept {
  static constexpr std::array<std::string_view, kSpanDrops> kWords = {"buffer_full",
                                                                      "no_memory",
                                                                      "closed",
                                                                      "shutdown",
                                                                      "refused",
                                                                      "too_large",
                                                                      "throttled",
                                                                      "server_error",
                                                                      "unreachable",
                                                                      "timed_out",
                                                                      "no_http"};
  const auto number = static_cast<std::size_t>(reason);
  return number < kSpanDrops ? kWords[number] : "unknown";
}

std::string_view to_string(SpanRepair repair) noexcept {
  static constexpr std::array<std::string_view, kSpanRepairs> kWords = {
      "text_cut", "text_bytes", "metric_refused", "tag_refused", "link_refused", "header_refused"};
  const auto number = static_cast<std::size_t>(repair);
  return number < kSpanRepairs ? kWords[number] : "unknown";
}

}  // namespace pawl::trace
