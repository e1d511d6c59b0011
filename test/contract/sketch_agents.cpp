#include "contract/sketch_agents.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace pawl::test {
namespace {

using tools::AgentSketch;
using Bins = std::vector<AgentSketch::Bin>;

constexpr double kRounding = 1e-12;

template <int kSteps>
double other_log(double x) noexcept {
  double result = tools::go_log(x);
  for (int i = 0; i < std::abs(kSteps); ++i) {
    result = std::nextafter(result, kSteps < 0 ? -HUGE_VAL : HUGE_VAL);
  }
  return result;
}

// The first bin that the other has not.
std::string first_difference(const Bins& expected, const Bins& got) {
  const auto [left, right] =
      std::mismatch(expected.begin(), expected.end(), got.begin(), got.end());
  std::ostringstream out;
  if (left != expected.end()) out << " expected " << left->key << " x " << left->count;
  if (right != got.end()) out << " got " << right->key << " x " << right->count;
  return out.str();
}

std::string difference(const AgentSketch& expected, const AgentSketch& got) {
  std::ostringstream out;
  out.precision(std::numeric_limits<double>::max_digits10);
  if (expected.count() != got.count()) {
    out << "count: expected " << expected.count() << " got " << got.count() << "; ";
  }
  if (expected.min() != got.min()) {
    out << "min: expected " << expected.min() << " got " << got.min() << "; ";
  }
  if (expected.max() != got.max()) {
    out << "max: expected " << expected.max() << " got " << got.max() << "; ";
  }
  if (expected.bins() != got.bins()) {
    out << "bins:" << first_difference(expected.bins(), got.bins());
  }
  return out.str();
}

std::string sum_difference(long double expected, double got, long double tolerance) {
  if (std::abs(expected - got) <= tolerance) return "";
  std::ostringstream out;
  out.precision(std::numeric_limits<double>::max_digits10);
  out << "sum: expected " << expected << " got " << got << ", off by " << got - expected
      << " where " << tolerance << " may be";
  return out.str();
}

}  // namespace

SketchAgents::SketchAgents()
    : agents_{AgentSketch{},
              AgentSketch{{AgentSketch::CountBits::sixteen}},
              AgentSketch{{AgentSketch::CountBits::thirty_two, other_log<3>}},
              AgentSketch{{AgentSketch::CountBits::thirty_two, other_log<-3>}}} {}

void SketchAgents::insert(double value, double rate) {
  for (AgentSketch& agent : agents_) agent.insert(value, rate);
  const long double share = static_cast<long double>(value) * tools::weight_of(rate);
  sum_ += share;
  magnitudes_ += std::abs(share);
}

void SketchAgents::insert(const Metric& metric) {
  for (const double value : metric.values) insert(value, metric.rate);
}

std::string difference(const SketchAgents& expected, const SketchAgents& got) {
  for (std::size_t i = 0; i < expected.agents_.size(); ++i) {
    const std::string found = difference(expected.agents_[i], got.agents_[i]);
    if (!found.empty()) return "Agent " + std::to_string(i) + ": " + found;
  }
  // Beyond the largest double the Agent's own sum depends on the order; below the smallest normal
  // one each number is rounded by itself.
  if (expected.magnitudes_ > std::numeric_limits<double>::max()) return "";
  const long double tolerance =
      kRounding * expected.magnitudes_ +
      static_cast<long double>(expected.count()) * std::numeric_limits<double>::denorm_min();
  return sum_difference(expected.sum_, got.agents_.front().sum(), tolerance);
}

}  // namespace pawl::test
