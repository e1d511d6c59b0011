#pragma once

// Turns the lines that wait into bytes, and hands them to the sink.
//
// Threads: push() and stats() from any; write() from any, one of them works.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "llm/log_line.h"
#include "llm/log_queue.h"
#include "llm/log_sink.h"

namespace pawl::llm {

class LogWriter {
 public:
  // Throws std::bad_alloc.
  LogWriter(const LogOptions& options, ServiceFields service);

  void push(const FinishedRequest& request) noexcept;

  enum class Outcome { idle, worked, wait, busy };
  // Writes what waits, until nothing does or the sink cannot take more. `idle`: there was nothing;
  // `wait`: the sink does not take it; `busy`: another thread is at it.
  Outcome write() noexcept;

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
  Outcome write_all() noexcept;
  bool fill_batch() noexcept;
  void take(std::size_t bytes) noexcept;
  void fail_batch() noexcept;
  void drop_rest() noexcept;
  void drop(LogDrop reason, std::uint64_t lines) noexcept;

  LogQueue queue_;
  LogSink sink_;
  const ServiceFields service_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> closed_{false};
  Cell written_{0};
  Cell in_batch_{0};
  std::array<Cell, kLogDrops> dropped_{};
  // Only for who has the turn.
  std::string batch_;     // lines with their ends; the first may be the rest of one
  bool midline_ = false;  // the sink has the beginning of a line
  bool heals_ = false;    // the batch begins with the end that such a line lacked
};

}  // namespace pawl::llm
