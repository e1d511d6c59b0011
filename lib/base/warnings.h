#pragma once

// Tells the program of what goes wrong, at most once a minute for each thing, through its own
// callback.
//
// Threads: any; one mutex, which is not held during the callback.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <pawl/clock.h>

namespace pawl::base {

class Warnings {
 public:
  using Callback = std::function<void(std::string_view)>;

  explicit Warnings(Callback callback) : callback_(std::move(callback)) {}

  // Warns of `what`, unless it did in the last minute.
  void warn(std::string_view what, std::string_view detail, Clock::SteadyTime now) noexcept;

  // Warns of it in any case: for what is said once.
  void tell(std::string_view what, std::string_view detail) noexcept;

  // Warns of nothing any more; waits for callbacks that are running, until `deadline` at the most.
  void silence(std::chrono::steady_clock::time_point deadline) noexcept;

  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  bool is_due(std::string_view what, Clock::SteadyTime now);
  bool begin_call() noexcept;
  void end_call() noexcept;

  const Callback callback_;
  std::mutex mutex_;
  std::condition_variable call_ended_;
  int calls_ = 0;
  bool silent_ = false;
  std::map<std::string, Clock::SteadyTime, std::less<>> said_;
};

}  // namespace pawl::base
