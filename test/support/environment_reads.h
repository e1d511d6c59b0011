#pragma once
// Counts this thread's calls of getenv() and secure_getenv(), those of shared libraries included.
//
// Threads: each sees its own. Errors: none.

#include <cstdint>

#include "support/sanitizers.h"

namespace pawl::test {

class EnvironmentReads {
 public:
  EnvironmentReads() noexcept;
  // Gives how many there were since it was made.
  std::uint64_t count() const noexcept;

 private:
  std::uint64_t before_;
};

}  // namespace pawl::test
