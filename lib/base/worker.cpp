#include "base/worker.h"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace pawl::base {

struct Worker::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool woken = false;
  bool stopping = false;
  bool ended = false;
  std::atomic<bool> started{false};
  Step step;
  std::thread thread;
  std::shared_ptr<State> itself;  // set by forget(): a state that is never destroyed

  void run() {
    Time next = Time::min();
    std::unique_lock lock{mutex};
    while (!stopping) {
      wait(lock, next);
      if (stopping) break;
      woken = false;
      lock.unlock();
      next = step();
      lock.lock();
    }
    // With all that it holds, which a thread that was left behind must not keep.
    lock.unlock();
    step = nullptr;
    lock.lock();
    ended = true;
    changed.notify_all();
  }

  void wait(std::unique_lock<std::mutex>& lock, Time until) {
    const auto due = [this] { return woken || stopping; };
    // wait_until(Time::max()) overflows when the library converts it to the system's clock.
    if (until == Time::max())
      changed.wait(lock, due);
    else
      changed.wait_until(lock, until, due);
  }
};

namespace {

// A thread inherits the mask of the thread that makes it.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Worker::Worker() : state_(std::make_shared<State>()) {}
Worker::~Worker() = default;

bool Worker::start(Step step) noexcept {
  try {
    const AllSignalsBlocked blocked;
    state_->step = std::move(step);
    state_->thread = std::thread{[state = state_] { state->run(); }};
    state_->started = true;
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  if (!state_->started) state_->step = nullptr;
  return state_->started;
}

bool Worker::running() const noexcept { return state_->started; }

void Worker::wake() noexcept {
  const std::lock_guard lock{state_->mutex};
  state_->woken = true;
  state_->changed.notify_all();
}

bool Worker::stop(Time deadline) noexcept {
  if (!state_->started.exchange(false)) return true;
  std::unique_lock lock{state_->mutex};
  state_->stopping = true;
  state_->changed.notify_all();
  const bool ended = state_->changed.wait_until(lock, deadline, [this] { return state_->ended; });
  lock.unlock();
  if (ended)
    state_->thread.join();
  else
    state_->thread.detach();
  return ended;
}

void Worker::forget() {
  // The std::thread must be neither joined nor destroyed here, and the mutex may be locked by a
  // thread that does not exist: the whole is left behind.
  const auto old = std::exchange(state_, std::make_shared<State>());
  old->itself = old;
}

}  // namespace pawl::base
