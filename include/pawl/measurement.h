#pragma once

// One metric's part of a call that records several with the same tags:
//
//     dd.record({{"model", model}, {"env", "prod"}},
//               {pawl::Measurement::count("llm.requests"),
//                pawl::Measurement::distribution("llm.latency_ms", 1430.5)});
//
// Threads: values. Cost: none. Errors: none here; what is refused is counted in Stats.

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "pawl/metric.h"

namespace pawl {

class Measurement {
 public:
  static constexpr Measurement count(std::string_view name, std::int64_t value = 1) noexcept {
    return {MetricType::count, name, value, 0.0};
  }
  static constexpr Measurement gauge(std::string_view name, double value) noexcept {
    return {MetricType::gauge, name, 0, value};
  }
  static constexpr Measurement histogram(std::string_view name, double value) noexcept {
    return {MetricType::histogram, name, 0, value};
  }
  static constexpr Measurement distribution(std::string_view name, double value) noexcept {
    return {MetricType::distribution, name, 0, value};
  }
  static constexpr Measurement timing(std::string_view name,
                                      std::chrono::duration<double, std::milli> elapsed) noexcept {
    return {MetricType::timing, name, 0, elapsed.count()};
  }

  constexpr MetricType type() const noexcept { return type_; }
  constexpr std::string_view name() const noexcept { return name_; }
  // Gives what a count adds.
  constexpr std::int64_t counted() const noexcept { return counted_; }
  // Gives what any other records, a timing in milliseconds.
  constexpr double value() const noexcept { return value_; }

 private:
  constexpr Measurement(MetricType type,
                        std::string_view name,
                        std::int64_t counted,
                        double value) noexcept
      : type_(type), name_(name), counted_(counted), value_(value) {}

  MetricType type_;
  std::string_view name_;
  std::int64_t counted_;
  double value_;
};

// The measurements of one call: a view of a braced list inside the call, or of a span.
class Measurements {
 public:
  constexpr Measurements(std::initializer_list<Measurement> all) noexcept
      : all_(std::data(all), all.size()) {}
  constexpr Measurements(std::span<const Measurement> all) noexcept : all_(all) {}

  constexpr auto begin() const noexcept { return all_.begin(); }
  constexpr auto end() const noexcept { return all_.end(); }

 private:
  std::span<const Measurement> all_;
};

}  // namespace pawl
