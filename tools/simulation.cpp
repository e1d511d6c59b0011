#include "tools/simulation.h"

#include <cmath>

namespace pawl::tools {
namespace {

constexpr double kUsualInvalid = 0.008;
constexpr double kBadInvalid = 0.14;
constexpr double kErrors = 0.01;

}  // namespace

std::size_t Slice::index() const noexcept {
  return (model * kFeatures.size() + feature) * kPromptVersions.size() + version;
}

Slice Slice::from(std::size_t index) noexcept {
  const std::size_t rest = index / kPromptVersions.size();
  return {rest / kFeatures.size(), rest % kFeatures.size(), index % kPromptVersions.size()};
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

Request Generator::next(bool released) noexcept {
  Request request;
  Slice& slice = request.slice;
  slice = {below(kModels.size()), below(kFeatures.size()), below(kBadVersion)};
  if (released && below(2) == 0) slice.version = kBadVersion;
  const bool bad = slice.version == kBadVersion;
  request.input_tokens = static_cast<std::int64_t>(600 + below(1200) + (bad ? 900 : 0));
  request.output_tokens = static_cast<std::int64_t>(80 + below(400) + (bad ? 150 : 0));
  // In whole microseconds, as a clock would give them; a long tail.
  const double tail = 1 + 0.3 / (0.05 + fraction());
  const double micros = (250 + 4.0 * static_cast<double>(request.output_tokens)) * 1000 * tail;
  request.latency_ms = std::floor(micros) / 1000;
  const Model& model = kModels[slice.model];
  const std::int64_t cost =
      request.input_tokens * model.input_price + request.output_tokens * model.output_price;
  request.cost_usd = static_cast<double>(cost) / 1e8;
  request.json_invalid = fraction() < (bad ? kBadInvalid : kUsualInvalid);
  if (fraction() < kErrors) request.error = below(kErrorTypes.size());
  return request;
}

}  // namespace pawl::tools
