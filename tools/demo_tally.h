#pragma once
// What must arrive of simulated requests, put together without the library's help: the names, tags
// and values are written down here, and the costs come from the prices of the simulation.
//
// Threads: one at a time.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include <pawl/tags.h>

#include "tools/simulation.h"
#include "tools/store.h"

namespace pawl::tools {

class Tally {
 public:
  // The tags that the client has to add to everything.
  static std::vector<OwnedTag> global_tags();

  void add(const SimulatedRequest& request);

  // Gives how many samples that is: of a request, and of all so far.
  static std::uint64_t samples_of(const SimulatedRequest& request);
  std::uint64_t samples() const noexcept { return samples_; }

  // Gives how many bytes the values of all samples are as text; a count's is 1.
  std::uint64_t value_bytes() const;

  void add_to(Store& store) const;

  // By what a request's end says: its metrics have the status as a tag.
  struct Ended {
    std::int64_t requests = 0;
    std::int64_t json_invalid = 0;
    std::vector<double> latency_ms, first_token_ms, token_ms;
    std::vector<double> input_tokens, cached_tokens, output_tokens, cost_usd;
  };
  // What the course of a request says, before there is a status.
  struct Told {
    std::array<std::int64_t, kToolErrors.size()> tool_failures{};
    std::vector<double> hits, top_scores, correctness;
  };

 private:
  struct Sums {
    Ended ok;
    Ended failed;
    std::array<std::int64_t, kErrorTypes.size()> errors{};
    Told told;
  };

  std::array<Sums, Slice::kCount> slices_;
  std::uint64_t samples_ = 0;
};

}  // namespace pawl::tools
