#include "llm/log.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>

namespace pawl::llm {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

// A line waits no longer than this; the thread of a busy log looks more often than that of an idle
// one. It is woken only when half of the lines that may wait do, because that is a lock and a
// system call of the caller.
constexpr std::chrono::milliseconds kShortest = 10ms;
constexpr std::chrono::milliseconds kLongest = 200ms;
// How often who waits looks.
constexpr std::chrono::microseconds kLook = 200us;
constexpr std::chrono::milliseconds kLongestWait = 1h;

SteadyClock::time_point deadline_in(std::chrono::milliseconds time) noexcept {
  return SteadyClock::now() + std::clamp<std::chrono::milliseconds>(time, 0ms, kLongestWait);
}

// The logs that live, for fork(). Neither is ever destroyed: one may live as long as the process.
constinit std::mutex g_mutex;
std::vector<Log*>& logs() {
  static auto* all = new std::vector<Log*>;
  return *all;
}

void before_fork() noexcept {
  g_mutex.lock();
  for (Log* log : logs()) log->before_fork();
}
void after_fork_in_parent() noexcept {
  for (Log* log : logs()) log->after_fork_in_parent();
  g_mutex.unlock();
}
void after_fork_in_child() noexcept {
  for (Log* log : logs()) log->after_fork_in_child();
  g_mutex.unlock();
}

void watch_forks() {
  static std::once_flag once;
  std::call_once(once,
                 [] { pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child); });
}

}  // namespace

Log::Log(const LogOptions& options, ServiceFields service)
    : background_(options.background),
      writer_(std::make_shared<LogWriter>(options, std::move(service))),
      writing_(at_first()) {
  watch_forks();
  const std::lock_guard lock{g_mutex};
  logs().push_back(this);
}

Log::~Log() {
  close(0ms);
  const std::lock_guard lock{g_mutex};
  std::erase(logs(), this);
}

void Log::start() noexcept {
  const std::lock_guard lock{control_};
  if (writing_ != Writing::nobody_yet) return;
  bool started = false;
  try {
    started = worker_.start([writer = writer_, pause = kShortest]() mutable {
      const bool idle = writer->write(Time::max()) == LogWriter::Outcome::idle;
      pause = idle ? std::min(2 * pause, kLongest) : kShortest;
      return SteadyClock::now() + pause;
    });
  } catch (const std::bad_alloc&) {
  }
  writing_ = started ? Writing::thread : Writing::callers;
}

bool Log::flush(std::chrono::milliseconds timeout) noexcept {
  return written_until(deadline_in(timeout));
}

// Where there is a thread, the sink is its affair: it may hold its writer up, but not who waits for
// no longer than he said.
bool Log::written_until(Time deadline) noexcept {
  for (;;) {
    if (writer_->stats().pending == 0) return true;
    if (writing_ == Writing::nobody_yet) start();
    if (writing_ == Writing::thread)
      worker_.wake();
    else
      writer_->write(deadline);
    if (writer_->stats().pending == 0) return true;
    if (SteadyClock::now() >= deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
}

void Log::close(std::chrono::milliseconds deadline) noexcept {
  const Time end = deadline_in(deadline);
  written_until(end);
  writer_->close();
  const std::lock_guard lock{control_};
  // What it is at ends at once, unless its sink holds it up.
  if (writing_.exchange(Writing::callers) == Writing::thread)
    worker_.stop(std::max(end, SteadyClock::now() + 100ms));
}

// A line may have been on its way into the queue when it was let go of.
LogStats Log::stats() const noexcept {
  if (writer_->closed()) writer_->close();
  return writer_->stats();
}

void Log::after_fork_in_child() noexcept {
  control_.unlock();
  writer_->start_over_in_child();
  try {
    worker_.forget();
    writing_ = writer_->closed() ? Writing::callers : at_first();
  } catch (const std::bad_alloc&) {
    writing_ = Writing::callers;
  }
}

}  // namespace pawl::llm
