#include "client/warnings.h"

#include <fmt/format.h>

namespace pawl::client {

void Warnings::losses(const Losses& dropped, Clock::SteadyTime now) noexcept {
  for (std::size_t i = 0; i < kDrops; ++i) {
    const std::uint64_t samples = dropped.by_reason[i].samples;
    // In the child of a fork the losses begin at 0 again.
    if (known_[i].exchange(samples) >= samples) continue;
    const std::string_view reason = to_string(static_cast<Drop>(i));
    const fmt::format_int number{samples};
    warn(reason, {number.data(), number.size()}, now);
  }
}

}  // namespace pawl::client
