#pragma once

// A background thread that runs one step again and again: at the time that the last step asked for,
// or at once when it is woken. All signals are blocked on it, so the program's handlers never run
// there. Written for fork(): the parent's thread does not exist in the child, where forget() lets
// go of it and start() makes a new one.
//
// Threads: wake() and running() from any; start(), stop() and forget() from one at a time.

#include <chrono>
#include <functional>
#include <memory>

namespace pawl::base {

class Worker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Does some work and says when it wants to run next; Time::max() waits for a wake().
  using Step = std::function<Time()>;

  Worker();
  ~Worker();  // REQUIRES: stopped, forgotten or never started
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Starts the thread; tells whether one could be made. `step` owns what it needs: a thread that is
  // left behind by stop() may still be in it. It is destroyed with the thread's end.
  bool start(Step step) noexcept;
  bool running() const noexcept;

  // Lets the next step run at once; nothing when there is no thread.
  void wake() noexcept;

  // Waits until the step that runs has ended and the thread is gone, until `deadline` at the most.
  // Tells whether it is; otherwise the thread is left behind, and ends after its step.
  bool stop(Time deadline) noexcept;

  // Forgets the thread, in the child of a fork: it does not exist there. Throws std::bad_alloc.
  void forget();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pawl::base
