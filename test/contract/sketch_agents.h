#pragma once
// Several Agents that receive the same samples: with bins of 16 and of 32 bits, and on processors
// whose logarithm is up to three bits in the last place beside Go's on amd64. Whatever is
// compressed has to be the same to each of them.
//
// Threads: one at a time.

#include <array>
#include <string>

#include "support/oracle.h"
#include "tools/agent_sketch.h"

namespace pawl::test {

class SketchAgents {
 public:
  SketchAgents();

  void insert(double value, double rate = 1);
  void insert(const Metric& metric);

  std::int64_t count() const noexcept { return agents_.front().count(); }

  // Returns "" when each Agent holds what its counterpart does: bins, count, minimum and maximum
  // equal, and the sum within 1e-12 of the true one, relative to the sum of magnitudes. Else the
  // first difference.
  friend std::string difference(const SketchAgents& expected, const SketchAgents& got);

 private:
  std::array<tools::AgentSketch, 4> agents_;
  long double sum_ = 0;  // as it is, not as an Agent rounds it
  long double magnitudes_ = 0;
};

}  // namespace pawl::test
