#include "client/warnings.h"

#include <new>
#include <utility>

#include <fmt/format.h>

namespace pawl::client {

bool Warnings::is_due(std::string_view what, Clock::SteadyTime now) {
  const std::lock_guard lock{mutex_};
  const auto said = said_.find(what);
  if (said != said_.end() && now - said->second < std::chrono::minutes{1}) return false;
  said_.insert_or_assign(std::string{what}, now);
  return true;
}

void Warnings::warn(std::string_view what,
                    std::string_view detail,
                    Clock::SteadyTime now) noexcept {
  if (callback_ == nullptr) return;
  try {
    if (is_due(what, now)) tell(what, detail);
  } catch (const std::bad_alloc&) {
    // No memory to know when it was said last.
  }
}

void Warnings::tell(std::string_view what, std::string_view detail) noexcept {
  if (callback_ == nullptr) return;
  try {
    callback_(fmt::format("{}: {}", what, detail));
  } catch (...) {
    // A callback that throws against its contract, or no memory for the words: nobody to tell.
  }
}

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
