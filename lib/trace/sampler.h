#pragma once

// Whether a trace is kept: the first rule that matches, else the rate of the options, else what the
// Agent asks for. The rate meets the trace's id by the hash that all of Datadog's tracers use, so
// that every service of a trace comes to the same decision.
//
// Threads: decide() any, without a lock; set_rates() one at a time.
// Source: dd-trace-cpp src/datadog/{trace_sampler,sampling_util}; the factor is Knuth's.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/trace_options.h>

#include "trace/decision.h"
#include "trace/outlet.h"

namespace pawl::trace {

// Tells whether a text is what a pattern stands for: `*` any text, `?` any character, letters in
// either case.
bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

// Tells whether a share of `rate` of all traces has this one in it.
bool is_in_share(std::uint64_t trace_low, double rate) noexcept;

class Sampler {
 public:
  struct Sampled {
    Decision decision;
    double rate = 1;
  };

  // `rate` is that of all traces which no rule names; nullopt leaves it to the Agent.
  Sampler(std::string env, std::vector<SamplingRule> rules, std::optional<double> rate);

  Sampled decide(std::uint64_t trace_low,
                 std::string_view service,
                 std::string_view name) const noexcept;

  // Replaces the Agent's rates. Of other environments than its own it keeps none, and of services
  // as many as have room.
  void set_rates(const Rates& rates) noexcept;

 private:
  // A rate by a service's hash; rates that are gone are negative. Entries are never taken out, and
  // so found without a lock.
  struct Entry {
    std::atomic<std::uint64_t> service{0};
    std::atomic<double> rate{kNone};
  };
  static constexpr double kNone = -1;
  static constexpr std::size_t kEntries = 512;  // a power of two
  static constexpr std::size_t kMostServices = 256;

  std::optional<double> agent_rate(std::string_view service) const noexcept;
  Entry* entry_of(std::string_view service) noexcept;

  const std::string env_;
  const std::vector<SamplingRule> rules_;
  const std::optional<double> rate_;
  std::atomic<double> default_rate_{kNone};
  std::atomic<std::size_t> services_{0};
  std::array<Entry, kEntries> entries_;
};

}  // namespace pawl::trace
