#pragma once

// The log of a recorder: the writer, and the thread that runs it. The thread begins with the first
// line, also in a child of fork(), which writes nothing that waited before.
//
// Threads: push(), flush(), close() and stats() from any.

#include <atomic>
#include <chrono>
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
    if (!started_.load(std::memory_order_relaxed)) [[unlikely]]
      start();
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
  void start() noexcept;
  bool write_until(Time deadline) noexcept;

  const Background background_;
  // Shared with the thread, which outlives the log when its sink holds it up.
  const std::shared_ptr<LogWriter> writer_;
  std::mutex control_;  // of the worker
  base::Worker worker_;
  // Set where there is nothing to start.
  std::atomic<bool> started_;
};

}  // namespace pawl::llm
