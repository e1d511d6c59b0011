#include "base/warnings.h"

#include <new>

#include <fmt/format.h>

namespace pawl::base {

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

}  // namespace pawl::base
