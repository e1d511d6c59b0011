#pragma once

// The hot path: from a call to this thread's cells. A call whose shape is known takes one hash, one
// comparison and one store: no lock, no allocation, no system call, no clock.
//
// Threads: any.

#include <cstdint>
#include <span>
#include <string_view>

#include <pawl/detail/cells.h>
#include <pawl/event.h>
#include <pawl/handle.h>
#include <pawl/metric.h>
#include <pawl/stats.h>

#include "client/core.h"
#include "context/call_key.h"

namespace pawl::client {

// Under what a call is recorded; no context when it was refused, which is then counted.
struct Found {
  context::Context* context = nullptr;
  std::uint32_t index = 0;
  explicit operator bool() const noexcept { return context != nullptr; }
};

// Finds the context of a call that holds `amount`.
Found find(Core& core, const context::Call& call, Amount amount) noexcept;

// Makes what a handle holds. What is repaired is counted once, here; a refused name is counted with
// each record.
detail::Bound bind(Core& core, const context::Call& call, float rate) noexcept;

// Gives the rate to record with; what makes no sense counts as 1, and is counted.
float rate_of(Core& core, double sample_rate) noexcept;

void set_gauge(Core& core, context::Context& context, double value) noexcept;
void insert_member(Core& core, std::uint32_t index, std::string_view member) noexcept;

// Record what is not aggregated.
struct PointInTime {
  std::chrono::system_clock::time_point when;
  std::int64_t counted = 0;  // of a count
  double value = 0.0;        // of a gauge
};
void record_at(Core& core, const context::Call& call, const PointInTime& point) noexcept;
void record_event(Core& core, std::uint32_t scope, const Event& event) noexcept;
void record_check(Core& core, std::uint32_t scope, const ServiceCheck& check) noexcept;

}  // namespace pawl::client
