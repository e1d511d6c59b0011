#pragma once

// A context: one metric name with one set of tags, of one type. It never moves, and lives until it
// has been idle for so long that it expires, or as long as its registry when a handle holds it.
//
// Threads: what is const may be read by any. A gauge's value is written by all that set it; what
// the flusher has sent is the flusher's own.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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

// How often something was recorded, and the sum of a counter's values.
struct Totals {
  std::uint64_t calls = 0;
  std::uint64_t sum = 0;
};

struct Context {
  const std::uint32_t index;  // among the contexts of its kind
  const MetricType type;
  const Cardinality cardinality;
  const std::uint16_t name_size;
  const std::uint32_t tags_size;
  std::atomic<std::uint32_t> active_at;  // seconds of the flusher's clock
  // What the flusher has taken, of all threads. The cells of a number are never reset, so a new
  // context begins with what an expired one of the same number left.
  Totals sent;

  // A gauge's last value is the last in the modification order of this one word, so threads need no
  // clock to agree on it. A call is counted after its value is there.
  std::atomic<double> gauge_value{0.0};
  std::atomic<std::uint64_t> gauge_calls{0};

  std::atomic<bool> held{false};     // by a handle: never expires
  std::atomic<bool> expired{false};  // cannot be found any more

  // The text follows the struct: the name, then the tags with commas between them.
  std::string_view name() const noexcept { return {text(), name_size}; }
  std::string_view tags() const noexcept { return {text() + name_size, tags_size}; }
  std::size_t bytes() const noexcept { return sizeof(Context) + name_size + tags_size; }
  char* text() noexcept { return reinterpret_cast<char*>(this + 1); }
  const char* text() const noexcept { return reinterpret_cast<const char*>(this + 1); }
};

struct FreeContext {
  void operator()(Context* context) const noexcept {
    context->~Context();
    ::operator delete(context);
  }
};
using OwnedContext = std::unique_ptr<Context, FreeContext>;

}  // namespace pawl::context
