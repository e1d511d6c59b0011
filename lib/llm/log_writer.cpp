#include "llm/log_writer.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

namespace pawl::llm {

namespace {

std::uint64_t lines_in(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

LogWriter::LogWriter(const LogOptions& options, ServiceFields service)
    : queue_(options.capacity), sink_(options), service_(std::move(service)) {
  // Room for a batch, and for the line with which it exceeds the limit.
  batch_.reserve(4 * LogSink::kMostBytes);
}

void LogWriter::push(const FinishedRequest& request) noexcept {
  if (closed_.load(std::memory_order_relaxed))
    drop(LogDrop::closed, 1);
  else if (!queue_.push(request))
    drop(LogDrop::queue_full, 1);
}

LogWriter::Outcome LogWriter::write() noexcept {
  if (!take_turn()) return Outcome::busy;
  const Outcome outcome = write_all();
  end_turn();
  // Who closed it meanwhile could not have a turn; in one order of all (busy_, closed_), one of the
  // two sees the other.
  if (closed()) close();
  return outcome;
}

LogWriter::Outcome LogWriter::write_all() noexcept {
  Outcome outcome = Outcome::idle;
  while (!closed() && fill_batch()) {
    const LogSink::Written written = sink_.write(batch_);
    if (written.state == LogSink::State::wait) return Outcome::wait;
    outcome = Outcome::worked;
    if (written.state == LogSink::State::failed)
      fail_batch();
    else
      take(written.bytes);
  }
  return outcome;
}

void LogWriter::take(std::size_t bytes) noexcept {
  if (bytes == 0) return;
  const std::string_view taken = std::string_view{batch_}.substr(0, bytes);
  const std::uint64_t lines = lines_in(taken) - (heals_ ? 1 : 0);
  heals_ = false;
  midline_ = taken.back() != '\n';
  batch_.erase(0, bytes);
  written_.fetch_add(lines, std::memory_order_relaxed);
  in_batch_.fetch_sub(lines, std::memory_order_relaxed);
}

// Tells whether there is anything to write. The batch ends with the line with which it reaches the
// limit of one write.
bool LogWriter::fill_batch() noexcept {
  if (!batch_.empty()) return true;
  if (queue_.size() == 0) return false;
  heals_ = midline_;
  if (heals_) batch_ += '\n';
  const auto render = [this](const LogRecord& record) {
    const std::size_t before = batch_.size();
    try {
      append_log_line(batch_, record, service_);
      batch_ += '\n';
      in_batch_.fetch_add(1, std::memory_order_relaxed);
    } catch (const std::bad_alloc&) {
      batch_.resize(before);
      drop(LogDrop::failed, 1);
    }
  };
  while (batch_.size() < LogSink::kMostBytes / 2 && queue_.pop(render)) {
  }
  if (in_batch_.load(std::memory_order_relaxed) == 0) batch_.clear();
  return !batch_.empty();
}

// The rest of a line goes with the others; what the sink has of it is ended before the next line.
void LogWriter::fail_batch() noexcept {
  drop(LogDrop::failed, in_batch_.exchange(0, std::memory_order_relaxed));
  batch_.clear();
}

void LogWriter::close() noexcept {
  closed_.store(true);
  if (!take_turn()) return;
  drop_rest();
  end_turn();
}

void LogWriter::drop_rest() noexcept {
  std::uint64_t lines = in_batch_.exchange(0, std::memory_order_relaxed);
  batch_.clear();
  while (queue_.pop([&lines](const LogRecord&) { ++lines; })) {
  }
  drop(LogDrop::closed, lines);
}

void LogWriter::drop(LogDrop reason, std::uint64_t lines) noexcept {
  dropped_[static_cast<std::size_t>(reason)].fetch_add(lines, std::memory_order_relaxed);
}

LogStats LogWriter::stats() const noexcept {
  LogStats stats;
  stats.pending = queue_.size() + in_batch_.load(std::memory_order_relaxed);
  stats.written = written_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kLogDrops; ++i)
    stats.dropped[i] = dropped_[i].load(std::memory_order_relaxed);
  return stats;
}

void LogWriter::start_over_in_child() noexcept {
  queue_.start_over();
  batch_.clear();
  midline_ = false;
  heals_ = false;
  in_batch_ = 0;
  written_ = 0;
  for (Cell& cell : dropped_) cell = 0;
  end_turn();
}

}  // namespace pawl::llm
