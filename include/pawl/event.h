#pragma once

// Events and service checks: things said once, not aggregated. They go through the same queue as
// metrics, in the order in which they were recorded.
//
// Threads: values; the views must live until the call returns. A braced list of tags lives as long
// as the expression it stands in: write the Event inside the call, or keep its tags in an array.
// Cost: recording one takes a lock and allocates; about a microsecond. Not for hot loops.
// Errors: an empty title, text or name, and a line longer than a datagram, are refused and counted.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pawl/metric.h"
#include "pawl/tags.h"

namespace pawl {

enum class Priority : std::uint8_t { normal, low };
enum class AlertType : std::uint8_t { info, warning, error, success };

// An entry for Datadog's event stream. Line breaks in title and text are kept.
struct Event {
  std::string_view title;  // not empty
  std::string_view text;   // not empty
  Tags tags = {};
  AlertType alert_type = AlertType::info;
  Priority priority = Priority::normal;
  std::string_view aggregation_key = {};  // groups events; none when empty
  std::string_view source_type = {};      // none when empty
  std::string_view host = {};             // the Agent's own host when empty
  std::optional<std::chrono::system_clock::time_point> timestamp =
      {};  // the Agent's now when unset
  Cardinality cardinality = Cardinality::unset;
};

enum class CheckStatus : std::uint8_t { ok = 0, warning = 1, critical = 2, unknown = 3 };

// The state of something, by name.
struct ServiceCheck {
  std::string_view name;  // not empty
  CheckStatus status = CheckStatus::ok;
  Tags tags = {};
  std::string_view message = {};
  std::string_view host = {};
  std::optional<std::chrono::system_clock::time_point> timestamp = {};
  Cardinality cardinality = Cardinality::unset;
};

}  // namespace pawl
