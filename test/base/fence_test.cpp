#include "base/fence.h"

#include <doctest/doctest.h>

namespace {

TEST_CASE("a fence of all threads can be had again and again, where the system has it") {
  const bool has_it = pawl::base::fence_all_threads();
  if (!has_it) MESSAGE("skipped: no membarrier(2) here");
  for (int i = 0; i < 10; ++i) CHECK(pawl::base::fence_all_threads() == has_it);
}

}  // namespace
