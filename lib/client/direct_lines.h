#pragma once

// Lines that are not aggregated, whole, waiting for the flush: events, service checks, and metrics
// with a time of their own.
//
// Threads: any; one mutex.

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/stats.h>

#include "aggregate/budget.h"

namespace pawl::client {

enum class LineKind : std::uint8_t { count, gauge, event, service_check };

class DirectLines {
 public:
  struct Line {
    LineKind kind;
    Amount amount;
    std::string text;
  };

  explicit DirectLines(aggregate::Budget& budget) noexcept : budget_(budget) {}
  DirectLines(const DirectLines&) = delete;
  DirectLines& operator=(const DirectLines&) = delete;

  // Keeps a line; tells whether there was room. Throws std::bad_alloc.
  bool add(Line line) {
    const std::size_t bytes = sizeof(Line) + line.text.size();
    const std::lock_guard lock{mutex_};
    lines_.reserve(lines_.size() == lines_.capacity() ? 2 * lines_.size() + 8 : 0);
    if (!budget_.take(bytes)) return false;
    charged_ += bytes;
    waiting_ += line.amount;
    lines_.push_back(std::move(line));
    return true;
  }

  std::vector<Line> take() noexcept {
    const std::lock_guard lock{mutex_};
    budget_.give_back(std::exchange(charged_, 0));
    waiting_ = {};
    return std::exchange(lines_, {});
  }

  Amount waiting() const noexcept {
    const std::lock_guard lock{mutex_};
    return waiting_;
  }

  void lock() noexcept { mutex_.lock(); }
  void unlock() noexcept { mutex_.unlock(); }

 private:
  aggregate::Budget& budget_;
  mutable std::mutex mutex_;
  std::vector<Line> lines_;
  Amount waiting_;
  std::size_t charged_ = 0;
};

}  // namespace pawl::client
