#pragma once

// What can be recorded, and the words that go with every kind of metric: its type, the cardinality
// of the tags that the Agent adds, and the sample rate of a call. The wire is DogStatsD (Datadog
// Agent, datagram versions 1.0 to 1.6).
//
// Threads: values. Cost: none. Errors: SampleRate::from refuses what is not in (0, 1].

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pawl/detail/export.h"
#include "pawl/result.h"

namespace pawl {

// The six types of DogStatsD. `histogram` and `timing` are summarised on each host by the Agent,
// `distribution` over all hosts by Datadog; `set` counts distinct members.
enum class MetricType : std::uint8_t { count, gauge, histogram, distribution, timing, set };
inline constexpr std::size_t kMetricTypes = 6;

// Gives the type's letters on the wire: "c", "g", "h", "d", "ms", "s".
PAWL_API std::string_view wire_name(MetricType type) noexcept;
// Gives the type's name: "count", "gauge", "histogram", "distribution", "timing", "set".
PAWL_API std::string_view to_string(MetricType type) noexcept;

// How many tags of their own the Agent adds to a metric (container, pod ...). `unset` leaves the
// choice to the client's option, then to the Agent.
enum class Cardinality : std::uint8_t { unset, none, low, orchestrator, high };
PAWL_API std::string_view to_string(Cardinality cardinality) noexcept;

// The share of calls that are kept, in (0, 1]. A kept sample of a histogram, distribution or timing
// stands for 1/rate samples (the Agent truncates 1/rate to a whole number). Counts, gauges and sets
// are aggregated in the process, where keeping every call costs nothing: they are recorded exactly,
// whatever the rate.
class PAWL_API SampleRate {
 public:
  constexpr SampleRate() noexcept = default;

  // Makes a rate, or an Error naming the value when it is not in (0, 1].
  static Result<SampleRate> from(double rate);

  // Makes the nearest rate that there is: more than 1, 0 or less, and NaN count as 1.
  constexpr static SampleRate clamped(double rate) noexcept {
    SampleRate made;
    if (rate > 0.0 && rate < 1.0) made.rate_ = static_cast<float>(rate);
    if (made.rate_ <= 0.0F) made.rate_ = 1.0F;
    return made;
  }

  constexpr float value() const noexcept { return rate_; }
  friend constexpr bool operator==(SampleRate, SampleRate) noexcept = default;

 private:
  float rate_ = 1.0F;
};

// What a single call may say beside its value and tags.
struct CallOptions {
  // Share of calls kept, in (0, 1]; anything else counts as 1 and is counted in
  // Stats::repaired[Repair::sample_rate].
  double sample_rate = 1.0;
  // Overrides Options::cardinality for this call.
  Cardinality cardinality = Cardinality::unset;
};

namespace literals {

// Checks a metric name at compile time: "http.requests"_metric does not compile unless the name
// starts with a letter, holds only [A-Za-z0-9_.] and has at most 200 bytes. It is the same
// string_view, so the check costs nothing at run time.
consteval std::string_view operator""_metric(const char* text, std::size_t size) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (size == 0 || size > 200 || !is_letter(text[0])) throw "a metric name starts with a letter";
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    if (!is_letter(c) && !digit && c != '_' && c != '.') throw "only [A-Za-z0-9_.] in a name";
  }
  return {text, size};
}

// Checks a tag key at compile time: letters, digits, and `_ - . /`, starting with a letter, at most
// 200 bytes, and none of the keys that the Agent obeys (host, device, jmx_check_name,
// dd.internal.*).
consteval std::string_view operator""_key(const char* text, std::size_t size) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (size == 0 || size > 200 || !is_letter(text[0])) throw "a tag key starts with a letter";
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[i];
    const bool plain = (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
    if (!is_letter(c) && !plain) throw "only [A-Za-z0-9_./-] in a tag key";
  }
  const std::string_view key{text, size};
  if (key == "host" || key == "device" || key == "jmx_check_name") throw "a reserved tag key";
  if (key.substr(0, 12) == "dd.internal.") throw "a reserved tag key";
  return key;
}

}  // namespace literals
}  // namespace pawl
