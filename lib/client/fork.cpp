#include <new>

#include "client/core.h"

// What stands around fork(): every lock is held across it, so that the child finds whole tables;
// the child then starts with nothing pending, a socket of its own, and threads that start when it
// records.

namespace pawl::client {

// From the outermost lock to the innermost.
void Core::before_fork() noexcept {
  control_.lock();
  telemetry_mutex_.lock();
  common_mutex_.lock();
  flusher_.lock();
  shards_.lock();
  registry_.lock();
  sets_.lock();
  direct_.lock();
  warnings_.lock();
  sender_->before_fork();
}

void Core::unlock_after_fork() noexcept {
  warnings_.unlock();
  direct_.unlock();
  sets_.unlock();
  registry_.unlock();
  shards_.unlock();
  flusher_.unlock();
  common_mutex_.unlock();
  telemetry_mutex_.unlock();
  control_.unlock();
}

void Core::after_fork_in_parent() noexcept {
  sender_->after_fork_in_parent();
  unlock_after_fork();
  // A thread that recorded first in between could not start them.
  if (shards_.size() > 1) ensure_threads();
}

// Everything recorded before belongs to the parent, which has the same cells and will send them.
void Core::after_fork_in_child() noexcept {
  sender_->after_fork_in_child();
  unlock_after_fork();
  try {
    flusher_worker_.forget();
    sender_worker_.forget();
    started_ = false;
  } catch (const std::bad_alloc&) {
    // The child then has no threads: flush() and close() do their work.
  }
  flusher_.start_over_in_child();
  shards_.start_over_in_child();
  registry_.refused_keys().start_over_in_child();
  telemetry_.start_over();
  // The other threads are not here, and hold it no more.
  references_.store(clients_.load() == 0 ? 0 : 1, std::memory_order_relaxed);
  next_flush_ = plan_.clock->steady_now() + plan_.flush_interval;
}

}  // namespace pawl::client
