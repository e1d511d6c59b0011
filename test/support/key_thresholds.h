#pragma once
// The Agent's own table of the least value of each key, as it lies beside a developer's checkout; a
// user's clone has none, and what asks for it skips.
//
// Threads: any.
// Errors: a line that is no threshold throws std::invalid_argument.

#include <vector>

namespace pawl::test {

struct KeyThreshold {
  int key;
  double least;  // the smallest positive value of the key
};

// Gives all that there are, in rising order; none, with a message, where there is no table.
std::vector<KeyThreshold> key_thresholds();

}  // namespace pawl::test
