#pragma once

// Turns the lines that wait into bytes, and hands them to the sink.
//
// Threads: push(), wants_turn() and stats() from any; write() from any, one of them works.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "llm/log_line.h"
#include "llm/log_queue.h"
#include "llm/log_sink.h"

namespace pawl::llm {

class LogWriter {
 public:
  // Throws std::bad_alloc.
  LogWriter(const LogOptions& options, ServiceFields service);

  using Time = std::chrono::steady_clock::time_point;

  void push(const FinishedRequest& request) noexcept;
  // Tells, once, that as many wait as half of those that may; anew when it was less.
  bool wants_turn() noexcept {
    return queue_.size() >= queue_.capacity() / 2 && !asked_.load(std::memory_order_relaxed) &&
           !asked_.exchange(true, std::memory_order_relaxed);
  }

  enum class Outcome { idle, worked, wait, busy };
  // Writes what waits, until nothing does, the sink cannot take more, or it is late and a write has
  // ended. `idle`: there was nothing; `wait`: the sink does not take it; `busy`: another thread is
  // at it.
  Outcome write(Time until) noexcept;

  // Lets go of what waits, and counts it; also what is pushed later. A thread that is in write()
  // does it in the end. Again, it lets go of what was being pushed meanwhile.
  void close() noexcept;

  bool closed() const noexcept { return closed_.load(); }
  LogStats stats() const noexcept;
  // In the child of a fork: what waits is the parent's.
  void start_over_in_child() noexcept;

 private:
  using Cell = std::atomic<std::uint64_t>;
  bool take_turn() noexcept { return !busy_.exchange(true); }
  void end_turn() noexcept { busy_.store(false); }
  Outcome write_all(Time until) noexcept;
  bool write_batch(LogSink::State& state) noexcept;
  bool fill_batch() noexcept;
  void count(const LogSink::Written& written) noexcept;
  void drop_rest() noexcept;
  void drop(LogDrop reason, std::uint64_t lines) noexcept;

  LogQueue queue_;
  LogSink sink_;
  const ServiceFields service_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> closed_{false};
  std::atomic<bool> asked_{false};
  Cell written_{0};
  Cell in_batch_{0};
  std::array<Cell, kLogDrops> dropped_{};
  // Only for who has the turn.
  // Lines with their ends; the first may be the rest of one. Shared with the call of the sink that
  // is given them: a callback that forks comes back to it in the child too.
  std::shared_ptr<std::string> batch_;
  bool midline_ = false;  // the sink has the beginning of a line
  bool heals_ = false;    // the batch begins with the end that such a line lacked
  unsigned forks_ = 0;    // of this process's ancestors
};

}  // namespace pawl::llm
