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
  if (callback_ == nullptr || !begin_call()) return;
  try {
    callback_(fmt::format("{}: {}", what, detail));
  } catch (...) {
    // A callback that throws against its contract, or no memory for the words: nobody to tell.
  }
  end_call();
}

bool Warnings::begin_call() noexcept {
  const std::lock_guard lock{mutex_};
  if (silent_) return false;
  ++calls_;
  return true;
}

void Warnings::end_call() noexcept {
  const std::lock_guard lock{mutex_};
  --calls_;
  call_ended_.notify_all();
}

// No longer than that: a callback may be what closes, and in the child of a fork those that were
// running in the parent do not end.
void Warnings::silence(std::chrono::steady_clock::time_point deadline) noexcept {
  std::unique_lock lock{mutex_};
  silent_ = true;
  call_ended_.wait_until(lock, deadline, [this] { return calls_ == 0; });
}

}  // namespace pawl::base
