#pragma once

// The client's warnings: those of everybody, and what was lost.
//
// Threads: any.

#include <array>
#include <atomic>
#include <cstdint>

#include <pawl/clock.h>
#include <pawl/stats.h>

#include "base/warnings.h"

namespace pawl::client {

class Warnings : public base::Warnings {
 public:
  using base::Warnings::Warnings;

  // Warns of each reason by which more was dropped than when it was last called.
  void losses(const Losses& dropped, Clock::SteadyTime now) noexcept;

 private:
  std::array<std::atomic<std::uint64_t>, kDrops> known_{};
};

}  // namespace pawl::client
