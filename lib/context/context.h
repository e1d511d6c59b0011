#pragma once

// A context: one metric name with one set of tags, of one type. It is made once, never moves, and
// lives as long as its registry.
//
// Threads: what is const may be read by any. A gauge's value is written by all that set it; what
// the flusher has sent is the flusher's own.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/metric.h>

namespace pawl::context {

// Metrics that are kept in the same way share their numbering.
enum class Kind : std::uint8_t { counter, gauge, sampled, set };
inline constexpr std::size_t kKinds = 4;

constexpr Kind kind_of(MetricType type) noexcept {
  switch (type) {
    case MetricType::count:
      return Kind::counter;
    case MetricType::gauge:
      return Kind::gauge;
    case MetricType::set:
      return Kind::set;
    default:
      return Kind::sampled;
  }
}

struct Context {
  const std::uint64_t hash;
  const std::uint32_t index;  // among the contexts of its kind
  const MetricType type;
  const Cardinality cardinality;
  const std::uint16_t name_size;
  const std::uint32_t tags_size;
  std::uint64_t sent_calls = 0;  // counters and gauges: what the flusher has taken, of all threads
  std::uint64_t sent_sum = 0;

  // A gauge's last value is the last in the modification order of this one word, so threads need no
  // clock to agree on it. A call is counted after its value is there.
  std::atomic<double> gauge_value{0.0};
  std::atomic<std::uint64_t> gauge_calls{0};

  // The text follows the struct: the name, then the tags with commas between them.
  std::string_view name() const noexcept { return {text(), name_size}; }
  std::string_view tags() const noexcept { return {text() + name_size, tags_size}; }
  char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

}  // namespace pawl::context
