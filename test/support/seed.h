#pragma once
// The seed of every random test, and a small generator that gives the same numbers on every
// platform and with every standard library. A failing test prints the seed when it holds
//
//     PAWL_PRINT_SEED();
//     Random random;
//
// and PAWL_TEST_SEED=<number> in the environment replays or varies it.
//
// Threads: seed() from any; a Random belongs to one thread.
// Errors: a PAWL_TEST_SEED that is not a number throws std::invalid_argument.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

// Adds the seed to the message of every check that fails in this scope.
#define PAWL_PRINT_SEED() INFO("replay with PAWL_TEST_SEED=", ::pawl::test::seed())

namespace pawl::test {

// Returns PAWL_TEST_SEED, or a fixed number when it is unset or empty.
std::uint64_t seed();

class Random {
 public:
  // `stream` gives each thread, or each of several generators, numbers of its own.
  explicit Random(std::uint64_t stream = 0);

  std::uint64_t next();
  std::size_t below(std::size_t bound);                       // REQUIRES: bound > 0
  std::int64_t between(std::int64_t low, std::int64_t high);  // both included
  double real();                                              // [0, 1)
  bool chance(double probability);
  std::string bytes(std::size_t count);  // any byte
  std::string text(std::size_t count, std::string_view alphabet);

  template <typename Sequence>
  const auto& pick(const Sequence& sequence) {
    return sequence[below(sequence.size())];
  }

 private:
  std::uint64_t state_;
};

}  // namespace pawl::test
