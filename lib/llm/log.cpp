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
// one. Nobody wakes it, because that would be a lock and a system call of the caller.
constexpr std::chrono::milliseconds kShortest = 10ms;
constexpr std::chrono::milliseconds kLongest = 200ms;
constexpr std::chrono::hours kLongestWait{1};

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
      started_(options.background == Background::manual) {
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
  if (started_.exchange(true)) return;
  try {
    worker_.start([writer = writer_, pause = kShortest]() mutable {
      const bool worked = writer->write() == LogWriter::Outcome::worked;
      pause = worked ? kShortest : std::min(2 * pause, kLongest);
      return SteadyClock::now() + pause;
    });
  } catch (const std::bad_alloc&) {
    // Without a thread, lines wait for flush() and close().
  }
}

bool Log::flush(std::chrono::milliseconds timeout) noexcept {
  return write_until(SteadyClock::now() +
                     std::clamp<std::chrono::milliseconds>(timeout, 0ms, kLongestWait));
}

// Writes on this thread; where another is at it, waits for that.
bool Log::write_until(Time deadline) noexcept {
  for (;;) {
    writer_->write();
    if (writer_->stats().pending == 0) return true;
    if (SteadyClock::now() >= deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
}

void Log::close(std::chrono::milliseconds deadline) noexcept {
  const Time end =
      SteadyClock::now() + std::clamp<std::chrono::milliseconds>(deadline, 0ms, kLongestWait);
  write_until(end);
  writer_->close();
  const std::lock_guard lock{control_};
  started_ = true;
  // What it is at ends at once, unless a callback holds it up.
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
    started_ = background_ == Background::manual || writer_->closed();
  } catch (const std::bad_alloc&) {
    started_ = true;  // then flush() and close() do the work
  }
}

}  // namespace pawl::llm
