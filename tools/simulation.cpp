#include "tools/simulation.h"

#include <cmath>

namespace pawl::tools {
namespace {

constexpr double kErrors = 0.01;
constexpr double kBadArguments = 0.01;
constexpr double kJudged = 0.2;

// Thousandths, as scores and clocks give them.
double rounded_down(double value) { return std::floor(value * 1000) / 1000; }

}  // namespace

std::size_t Slice::index() const noexcept {
  return (model * kFeatures.size() + feature) * kPromptVersions.size() + version;
}

Slice Slice::from(std::size_t index) noexcept {
  const std::size_t rest = index / kPromptVersions.size();
  return {rest / kFeatures.size(), rest % kFeatures.size(), index % kPromptVersions.size()};
}

std::uint64_t SimulatedRequest::picodollars() const noexcept {
  const Model& model = kModels[slice.model];
  return (input_tokens - cached_tokens) * model.input_price + cached_tokens * model.cached_price +
         output_tokens * model.output_price;
}

// splitmix64: the generators of the standard library are the same everywhere, their distributions
// are not.
std::uint64_t Generator::bits() noexcept {
  state_ += 0x9e37'79b9'7f4a'7c15;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30U) * 0xbf58'476d'1ce4'e5b9;
  mixed = (mixed ^ mixed >> 27U) * 0x94d0'49bb'1331'11eb;
  return mixed ^ mixed >> 31U;
}

std::size_t Generator::below(std::size_t limit) noexcept {
  return static_cast<std::size_t>(bits() >> 33U) % limit;
}

double Generator::fraction() noexcept { return static_cast<double>(bits() >> 11U) * 0x1p-53; }

SimulatedRequest Generator::next(bool released) noexcept {
  SimulatedRequest request;
  request.slice = choose_slice(released);
  add_tokens(request);
  add_times(request);
  add_outcome(request);
  add_steps(request);
  return request;
}

Slice Generator::choose_slice(bool released) noexcept {
  Slice slice{below(kModels.size()), below(kFeatures.size()), below(kBadVersion)};
  if (released && below(2) == 0) slice.version = kBadVersion;
  return slice;
}

void Generator::add_tokens(SimulatedRequest& request) noexcept {
  const PromptVersion& version = kPromptVersions[request.slice.version];
  request.input_tokens = 600 + below(1'200) + version.more_input;
  request.cached_tokens = below(2) == 0 ? 512 : 0;
  request.output_tokens = 80 + below(400) + version.more_output;
}

// In whole microseconds; a long tail.
void Generator::add_times(SimulatedRequest& request) noexcept {
  const Feature& feature = kFeatures[request.slice.feature];
  const double tail = 1 + 0.3 / (0.05 + fraction());
  const double usual = feature.overhead_ms + 4.0 * static_cast<double>(request.output_tokens);
  request.latency_ms = rounded_down(usual * kModels[request.slice.model].slowness * tail);
  if (feature.streams) {
    request.first_token_ms = rounded_down(request.latency_ms * (0.1 + 0.1 * fraction()));
  }
}

void Generator::add_outcome(SimulatedRequest& request) noexcept {
  const PromptVersion& version = kPromptVersions[request.slice.version];
  request.json_invalid = happens(version.json_invalid);
  if (happens(kErrors)) request.error = below(kErrorTypes.size());
  if (happens(kJudged)) {
    request.correctness = rounded_down(version.correctness + 0.16 * (fraction() - 0.5));
  }
}

void Generator::add_steps(SimulatedRequest& request) noexcept {
  const Feature& feature = kFeatures[request.slice.feature];
  if (feature.calls_tool) {
    if (happens(kModels[request.slice.model].tool_timeouts)) request.tool_failure = 0;
    if (happens(kBadArguments)) request.tool_failure = 1;
  }
  if (!feature.searches) return;
  request.search.emplace();
  if (happens(kPromptVersions[request.slice.version].misses)) return;
  request.search->hits = 1 + below(8);
  request.search->top_score = rounded_down(0.55 + 0.4 * fraction());
}

}  // namespace pawl::tools
