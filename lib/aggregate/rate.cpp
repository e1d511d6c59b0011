#include "aggregate/rate.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/number.h"

namespace pawl::aggregate {

namespace {

double shortest(float rate) noexcept {
  const base::NumberText text{rate};
  double read = 1.0;
  std::from_chars(text.view().data(), text.view().data() + text.view().size(), read);
  return read;
}

// Beyond, every inverse of a float is whole but for its rounding, and weights lose their meaning.
constexpr double kMostWeight = 1 << 22;

}  // namespace

double rate_on_wire(float rate) noexcept {
  constexpr double kRounding = std::numeric_limits<float>::epsilon();
  const double inverse = 1.0 / static_cast<double>(rate);
  const double whole = std::round(inverse);
  const bool is_near = std::fabs(inverse - whole) <= kRounding * whole;
  if (is_near && whole <= kMostWeight) return rate_of_weight(static_cast<std::uint64_t>(whole));
  return shortest(rate);
}

// The inverse of a rate of a weight is at most two steps above it.
bool is_whole(double rate) noexcept {
  constexpr double kRounding = 2 * std::numeric_limits<double>::epsilon();
  const double inverse = 1.0 / rate;
  return inverse - std::floor(inverse) <= kRounding * inverse;
}

std::uint64_t weight_of(double rate) noexcept {
  if (!(rate > 0.0 && rate < 1.0)) return 1;
  return static_cast<std::uint64_t>(1.0 / rate);
}

// The quotient may be rounded up, and its inverse then lie below the weight.
double rate_of_weight(std::uint64_t weight) noexcept {
  const double rate = 1.0 / static_cast<double>(weight);
  return weight_of(rate) == weight ? rate : std::nextafter(rate, 0.0);
}

// Exact, as the count is a power of two.
double rate_of_many(double rate, std::uint64_t count) noexcept {
  return rate / static_cast<double>(count);
}

}  // namespace pawl::aggregate
