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

// Room for a batch, and for the line with which it exceeds the limit.
std::shared_ptr<std::string> make_batch() {
  auto batch = std::make_shared<std::string>();
  batch->reserve(4 * LogSink::kMostBytes);
  return batch;
}

}  // namespace

LogWriter::LogWriter(const LogOptions& options, ServiceFields service)
    : queue_(options.capacity),
      sink_(options),
      service_(std::move(service)),
      batch_(make_batch()) {}

void LogWriter::push(const FinishedRequest& request) noexcept {
  if (closed_.load(std::memory_order_relaxed))
    drop(LogDrop::closed, 1);
  else if (!queue_.push(request))
    drop(LogDrop::queue_full, 1);
}

LogWriter::Outcome LogWriter::write(Time until) noexcept {
  if (!take_turn()) return Outcome::busy;
  const unsigned forks = forks_;
  const Outcome outcome = write_all(until);
  // The child of a callback that forked began anew: this turn is not one of its own.
  if (forks_ != forks) return outcome;
  // While the sink stalls, to be asked again would help nobody.
  if (queue_.size() < queue_.capacity() / 2) asked_.store(false, std::memory_order_relaxed);
  end_turn();
  // Who closed it meanwhile could not have a turn; in one order of all (busy_, closed_), one of the
  // two sees the other.
  if (closed()) close();
  return outcome;
}

LogWriter::Outcome LogWriter::write_all(Time until) noexcept {
  Outcome outcome = Outcome::idle;
  LogSink::State state = LogSink::State::took;
  while (!closed() && fill_batch()) {
    if (!write_batch(state)) return Outcome::worked;
    if (state == LogSink::State::wait) return Outcome::wait;
    outcome = Outcome::worked;
    if (until != Time::max() && std::chrono::steady_clock::now() >= until) break;
  }
  return outcome;
}

// Tells whether this is still the process that it was.
bool LogWriter::write_batch(LogSink::State& state) noexcept {
  const auto batch = batch_;
  const unsigned forks = forks_;
  const LogSink::Written written = sink_.write(*batch);
  if (forks_ != forks) return false;
  state = written.state;
  if (written.bytes != 0) count(written);
  return true;
}

// Counts the lines of which the sink took or lost the end. What is lost of a line that it has the
// beginning of is ended before the next line. Whoever sees that none is pending sees where they
// went.
void LogWriter::count(const LogSink::Written& written) noexcept {
  const std::string_view done = std::string_view{*batch_}.substr(0, written.bytes);
  const std::uint64_t lines = lines_in(done) - (heals_ ? 1 : 0);
  heals_ = false;
  if (written.state == LogSink::State::failed) {
    drop(LogDrop::failed, lines);
  } else {
    midline_ = done.back() != '\n';
    written_.fetch_add(lines, std::memory_order_relaxed);
  }
  batch_->erase(0, written.bytes);
  in_batch_.fetch_sub(lines, std::memory_order_release);
}

// Tells whether there is anything to write. The batch ends with the line with which it reaches the
// limit of one write.
bool LogWriter::fill_batch() noexcept {
  std::string& batch = *batch_;
  if (!batch.empty()) return true;
  if (queue_.size() == 0) return false;
  heals_ = midline_;
  const auto render = [&](const LogRecord& record) {
    const std::size_t before = batch.size();
    try {
      if (before == 0 && heals_) batch += '\n';
      append_log_line(batch, record, service_);
      batch += '\n';
      in_batch_.fetch_add(1, std::memory_order_relaxed);
    } catch (const std::bad_alloc&) {
      batch.resize(before);
      drop(LogDrop::failed, 1);
    }
  };
  while (batch.size() < LogSink::kMostBytes / 2 && queue_.pop(render)) {
  }
  return !batch.empty();
}

void LogWriter::close() noexcept {
  closed_.store(true);
  if (!take_turn()) return;
  drop_rest();
  end_turn();
}

void LogWriter::drop_rest() noexcept {
  batch_->clear();
  const std::uint64_t lines = in_batch_.load(std::memory_order_relaxed);
  drop(LogDrop::closed, lines);
  in_batch_.fetch_sub(lines, std::memory_order_release);
  while (queue_.pop([this](const LogRecord&) { drop(LogDrop::closed, 1); })) {
  }
}

void LogWriter::drop(LogDrop reason, std::uint64_t lines) noexcept {
  dropped_[static_cast<std::size_t>(reason)].fetch_add(lines, std::memory_order_relaxed);
}

LogStats LogWriter::stats() const noexcept {
  LogStats stats;
  stats.pending = queue_.size() + in_batch_.load(std::memory_order_acquire);
  stats.written = written_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kLogDrops; ++i)
    stats.dropped[i] = dropped_[i].load(std::memory_order_relaxed);
  return stats;
}

void LogWriter::start_over_in_child() noexcept {
  ++forks_;
  queue_.start_over();
  try {
    batch_ = make_batch();
  } catch (const std::bad_alloc&) {
    batch_->clear();
  }
  asked_ = false;
  midline_ = false;
  heals_ = false;
  in_batch_ = 0;
  written_ = 0;
  for (Cell& cell : dropped_) cell = 0;
  end_turn();
}

}  // namespace pawl::llm
