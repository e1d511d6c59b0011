#include "transport/pacer.h"

namespace pawl::transport {

std::size_t Pacer::allowance(Time now) noexcept {
  // Written as a sum: the distance from Time::min() would overflow.
  if (now >= period_start_ + kPeriod || now < period_start_) {
    period_start_ = now;
    left_ = burst_;
  }
  return left_;
}

void Pacer::spend(std::size_t count) noexcept { left_ -= count; }

Pacer::Time Pacer::next(Time now) const noexcept {
  const Time refilled = period_start_ + kPeriod;
  return left_ > 0 || refilled < now ? now : refilled;
}

}  // namespace pawl::transport
