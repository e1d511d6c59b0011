#pragma once
// Samples for the proof that a compressed distribution is the same to the Agent: of the kinds that
// programs record, and of those that a compression would get wrong.
//
// Threads: pure functions.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/seed.h"

namespace pawl::test {

enum class SketchData : std::uint8_t {
  latencies,    // log-normal, some of them rounded to microseconds
  tokens,       // whole numbers, more of the small ones
  costs,        // 1e-6 to 1 USD
  zeros,        // of both signs, and a little else
  negatives,    // log-normal, below zero
  repeats,      // one to five values
  mixed_signs,  // normal, around zero
  powers,       // of gamma, which are the middle of their bins
  boundaries,   // where the key changes, and up to three doubles beside
  decades,      // as many as 200 of both signs, so that bins are more than 4,096
  extremes,     // around the smallest bin, the last one and the largest numbers
};
inline constexpr std::size_t kSketchData = 11;
std::string_view to_string(SketchData kind) noexcept;

std::vector<double> sketch_data(SketchData kind, std::size_t count, Random& random);

// Gives the smallest number above 0 that has this key. REQUIRES: 1 <= key <= 32,767.
double first_of_key(std::int32_t key);

// Gives the number so many doubles above, or below for negative ones.
double beside(double number, std::int64_t steps);

}  // namespace pawl::test
