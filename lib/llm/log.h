#pragma once

// The log of a recorder: the writer, and the thread that runs it. The thread begins with the first
// line, also in a child of fork(), which writes nothing that waited before.
//
// Threads: push(), flush(), close() and stats() from any.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/worker.h"
#include "llm/log_writer.h"

namespace pawl::llm {

class Log {
 public:
  // Throws std::bad_alloc.
  Log(const LogOptions& options, ServiceFields service);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void push(const FinishedRequest& request) noexcept {
    writer_->push(request);
    if (writing_.load(std::memory_order_relaxed) == Writing::nobody_yet) [[unlikely]]
      start();
    if (writing_.load(std::memory_order_relaxed) == Writing::thread && writer_->wants_turn())
        [[unlikely]]
      worker_.wake();
  }

  bool flush(std::chrono::milliseconds timeout) noexcept;
  void close(std::chrono::milliseconds deadline) noexcept;
  LogStats stats() const noexcept;

  // Stand around fork().
  void before_fork() noexcept { control_.lock(); }
  void after_fork_in_parent() noexcept { control_.unlock(); }
  void after_fork_in_child() noexcept;

 private:
  using Time = base::Worker::Time;
  // Who writes. The callers of flush() and close() where no thread is wanted or can be had, and
  // when it has ended.
  enum class Writing : std::uint8_t { nobody_yet, thread, callers };
  Writing at_first() const noexcept {
    return background_ == Background::manual ? Writing::callers : Writing::nobody_yet;
  }
  void start() noexcept;
  bool written_until(Time deadline) noexcept;

  const Background background_;
  // Shared with the thread, which outlives the log when its sink holds it up.
  const std::shared_ptr<LogWriter> writer_;
  std::mutex control_;  // of the worker
  base::Worker worker_;
  std::atomic<Writing> writing_;
};

}  // namespace pawl::llm
