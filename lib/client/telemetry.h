#pragma once

// The client's report about itself, under the names of the official clients, so that existing
// dashboards and the Agent's own health checks work: datadog.dogstatsd.client.*, counts of what was
// added since the last report, with the global tags, client:cpp, client_version and
// client_transport. What did not change is left out. One count is Pawl's own: pawl.tags_refused, by
// key, so that whoever passes a tag that the policy refuses can be found.
//
// Threads: the flusher's own.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <pawl/clock.h>
#include <pawl/stats.h>

#include "client/plan.h"
#include "tags/refused_keys.h"

namespace pawl::client {

class Telemetry {
 public:
  static constexpr std::chrono::seconds kInterval{10};

  explicit Telemetry(const Plan& plan);

  bool is_due(Clock::SteadyTime now) const noexcept { return enabled_ && now >= next_; }
  bool enabled() const noexcept { return enabled_; }

  // What the report is about.
  struct Totals {
    Stats stats;
    std::array<std::uint64_t, kMetricTypes> active_by_type{};
    tags::RefusedCounts refused_keys{};
  };
  // Gives the lines that say what was added since the last report. Throws std::bad_alloc.
  std::vector<std::string> report(const Totals& totals,
                                  const tags::RefusedKeys& keys,
                                  Clock::SteadyTime now);

  // Forgets what was reported, in the child of a fork.
  void start_over() noexcept { last_ = {}; }

 private:
  const Plan& plan_;
  const bool enabled_;
  Clock::SteadyTime next_;
  Totals last_;
};

}  // namespace pawl::client
