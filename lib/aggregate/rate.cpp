#include "aggregate/rate.h"

#include <charconv>
#include <cmath>

#include "base/number.h"

namespace pawl::aggregate {

double rate_on_wire(float rate) noexcept {
  if (rate == 1.0F) return 1.0;
  const base::NumberText text{rate};
  double read = 1.0;
  std::from_chars(text.view().data(), text.view().data() + text.view().size(), read);
  return read;
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

double rate_of_many(double rate, std::uint64_t count) noexcept {
  const std::uint64_t weight = weight_of(rate) * count;
  // Exact, as the count is a power of two.
  const double scaled = rate / static_cast<double>(count);
  if (weight_of(scaled) == weight) return scaled;
  // 1/rate has a fraction that the Agent leaves out of each weight, but not of the sum. The
  // smallest rate of the weight comes nearest.
  double smallest = rate_of_weight(weight + 1);
  while (weight_of(smallest) != weight) smallest = std::nextafter(smallest, 1.0);
  return smallest;
}

}  // namespace pawl::aggregate
