#pragma once

// The hot path: from a call to this thread's cells. A call whose shape is known takes one
// digest, one look-up and one store: no lock, no allocation, no system call, no clock.
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
#include "context/call.h"
#include "context/digest.h"
#include "context/shape_table.h"

namespace pawl::client {

using context::Call;
using TagSum = context::Digester::TagSum;

// What a call is recorded under, and into: its context and this thread's shard, both of which stay
// while it lives. It is false when the call was refused, which is counted by then.
class Sight {
 public:
  [[gnu::always_inline]] Sight(Core& core, const Call& call, Amount amount) noexcept
      : Sight(core, call, core.registry().digester().sum(call.tags), amount) {}
  // The same for one of several calls with the same tags.
  [[gnu::always_inline]] Sight(Core& core, const Call& call, TagSum tags, Amount amount) noexcept
      : lease_(core) {
    const context::Registry& registry = core.registry();
    known_ = registry.find(registry.digester().digest(tags, call));
    if (!known_.plain()) [[unlikely]]
      known_ = look_closer(core, *lease_, call, known_, amount);
  }

  explicit operator bool() const noexcept { return known_.plain(); }
  std::uint32_t index() const noexcept { return known_.index(); }
  context::Context& context() const noexcept { return *known_.context(); }
  const Core::Lease& lease() const noexcept { return lease_; }
  aggregate::Shard& shard() const noexcept { return *lease_; }

 private:
  // By value, and without `this`: what has no address stays in registers.
  static context::Known look_closer(
      Core& core, aggregate::Shard& shard, Call call, context::Known known, Amount amount) noexcept;

  const Core::Lease lease_;
  context::Known known_;
};

// Makes what a handle holds. What is repaired is counted once, here; a refused name is counted with
// each record.
detail::Bound bind(Core& core, const Call& call, float rate) noexcept;

// Gives the rate to record with; what makes no sense counts as 1, and is counted.
float odd_rate_of(Core& core, double sample_rate) noexcept;
inline float rate_of(Core& core, double sample_rate) noexcept {
  if (sample_rate == 1.0) [[likely]]
    return 1.0F;
  return odd_rate_of(core, sample_rate);
}

inline void count(const Sight& sight, std::int64_t value) noexcept {
  if (!sight.shard().add(sight.index(), value)) [[unlikely]]
    sight.shard().count(sight.index(), value);
}
// A sample of a histogram, distribution or timing.
inline void record(Core& core,
                   const Sight& sight,
                   MetricType type,
                   detail::Sample sample) noexcept {
  if (type == MetricType::timing && sample.value < 0.0) [[unlikely]]
    sight.shard().reject(Reject::value, {.samples = 1, .counted = 0});
  else
    core.record(sight.lease(), sample);
}
void set_gauge(aggregate::Shard& shard, context::Context& context, double value) noexcept;
void insert_member(Core& core,
                   aggregate::Shard& shard,
                   std::uint32_t index,
                   std::string_view member) noexcept;

// Record what is not aggregated.
struct PointInTime {
  std::chrono::system_clock::time_point when;
  std::int64_t counted = 0;  // of a count
  double value = 0.0;        // of a gauge
};
void record_at(Core& core, const Call& call, const PointInTime& point) noexcept;
void record_event(Core& core, std::uint32_t scope, const Event& event) noexcept;
void record_check(Core& core, std::uint32_t scope, const ServiceCheck& check) noexcept;

}  // namespace pawl::client
