#include "contract/sketch_data.h"

#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "tools/agent_sketch.h"

namespace pawl::test {
namespace {

using tools::AgentSketch;

// Box and Muller.
double normal(Random& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.real()));
  return radius * std::cos(2 * std::numbers::pi * random.real());
}

double sign(Random& random) { return random.chance(0.5) ? 1 : -1; }

double power_of_ten(Random& random, double from, double to) {
  return std::pow(10.0, from + (to - from) * random.real());
}

double some_extreme(Random& random) {
  const std::array<double, 9> kinds{first_of_key(1),
                                    std::numeric_limits<double>::denorm_min(),
                                    std::numeric_limits<double>::min(),
                                    1e-10,
                                    1e-9,
                                    first_of_key(AgentSketch::kInfinityKey),
                                    first_of_key(AgentSketch::kInfinityKey - 1),
                                    1e300,
                                    1.0};
  return sign(random) * beside(random.pick(kinds), random.between(0, 3));
}

// One set's own character: what its samples have in common.
struct Character {
  std::array<double, 5> few{};
  std::size_t values = 1;
  std::int32_t key = 1;  // the lowest of powers and boundaries
  std::size_t keys = 1;
  double spread = 1;
  bool rounded = false;
};

Character character(Random& random) {
  Character made;
  for (double& value : made.few) value = sign(random) * power_of_ten(random, -9, 6);
  made.values = 1 + random.below(made.few.size());
  made.key = static_cast<std::int32_t>(1 + random.below(2'500));
  made.keys = 1 + random.below(random.chance(0.5) ? 8 : 200);
  made.spread = 0.05 + 1.5 * random.real();
  made.rounded = random.chance(0.5);
  return made;
}

std::int32_t some_key(const Character& character, Random& random) {
  return character.key + static_cast<std::int32_t>(random.below(character.keys));
}

double sample(SketchData kind, const Character& character, Random& random) {
  switch (kind) {
    case SketchData::latencies: {
      const double value = std::exp(4 + character.spread * normal(random));
      return character.rounded ? std::round(value * 1000) / 1000 : value;
    }
    case SketchData::tokens:
      return std::floor(power_of_ten(random, 0, 4));
    case SketchData::costs:
      return power_of_ten(random, -6, 0);
    case SketchData::zeros:
      return random.chance(0.9) ? 0.0 * sign(random) : random.pick(character.few);
    case SketchData::negatives:
      return -std::exp(2 + character.spread * normal(random));
    case SketchData::repeats:
      return character.few[random.below(character.values)];
    case SketchData::mixed_signs:
      return 100 * character.spread * normal(random);
    case SketchData::powers:
      return AgentSketch::value_of(some_key(character, random));
    case SketchData::boundaries:
      return sign(random) *
             beside(first_of_key(some_key(character, random)), random.between(-3, 3));
    case SketchData::decades:
      return sign(random) * power_of_ten(random, -9, 200);
    case SketchData::extremes:
      return some_extreme(random);
  }
  return 0;
}

}  // namespace

std::string_view to_string(SketchData kind) noexcept {
  constexpr std::array<std::string_view, kSketchData> kNames{"latencies",
                                                             "tokens",
                                                             "costs",
                                                             "zeros",
                                                             "negatives",
                                                             "repeats",
                                                             "mixed signs",
                                                             "powers of gamma",
                                                             "boundaries",
                                                             "decades",
                                                             "extremes"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<double> sketch_data(SketchData kind, std::size_t count, Random& random) {
  const Character its = character(random);
  std::vector<double> samples;
  samples.reserve(count);
  while (samples.size() < count) samples.push_back(sample(kind, its, random));
  return samples;
}

// Doubles above 0 are in the order of their bits.
double first_of_key(std::int32_t key) {
  std::uint64_t below = 0;
  std::uint64_t from = std::bit_cast<std::uint64_t>(std::numeric_limits<double>::max());
  while (from - below > 1) {
    const std::uint64_t middle = below + (from - below) / 2;
    (AgentSketch::key_of(std::bit_cast<double>(middle)) < key ? below : from) = middle;
  }
  return std::bit_cast<double>(from);
}

double beside(double number, std::int64_t steps) {
  const double towards = steps < 0 ? std::numeric_limits<double>::lowest() : HUGE_VAL;
  for (std::int64_t left = std::abs(steps); left > 0; --left) {
    number = std::nextafter(number, towards);
  }
  return number;
}

}  // namespace pawl::test
