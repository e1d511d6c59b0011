#include "tools/past_clock.h"

namespace pawl::tools {
namespace {

using std::chrono::nanoseconds;

// How far this thread is behind.
thread_local nanoseconds behind{0};

}  // namespace

void PastClock::set_back(nanoseconds time) noexcept { behind = time; }

void PastClock::pass(nanoseconds time) noexcept { behind -= time; }

Clock::SteadyTime PastClock::steady_now() const noexcept { return Clock::steady_now() - behind; }

Clock::WallTime PastClock::wall_now() const noexcept {
  return Clock::wall_now() - std::chrono::duration_cast<WallTime::duration>(behind);
}

}  // namespace pawl::tools
