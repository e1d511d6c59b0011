#include "tools/past_clock.h"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace {

using namespace std::chrono_literals;
using pawl::tools::PastClock;
using Steady = std::chrono::steady_clock;

TEST_CASE("a thread that is set back lives in the past until its time has passed") {
  const PastClock clock;
  PastClock::set_back(1h);
  const auto begin = clock.steady_now();
  const auto wall = clock.wall_now();
  CHECK(begin < Steady::now() - 59min);
  CHECK(wall < std::chrono::system_clock::now() - 59min);
  PastClock::pass(1h);
  const auto end = clock.steady_now();
  CHECK(end - begin >= 1h);
  CHECK(end <= Steady::now());
}

TEST_SUITE("concurrent") {
  TEST_CASE("another thread is not set back") {
    const PastClock clock;
    PastClock::set_back(1h);
    const auto before = Steady::now();
    Steady::time_point seen;
    std::thread{[&] { seen = clock.steady_now(); }}.join();
    PastClock::pass(1h);
    CHECK(seen >= before);
  }
}

}  // namespace
