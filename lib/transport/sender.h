#pragma once

// What waits for the Agent, and its way there: a queue of finished datagrams, bounded in bytes, and
// a pump that hands them to the transport in order, paced, and keeps exact books. At every instant
//
//     pushed = handed_to_kernel + dropped[reason] + queued
//
// holds in totals(); the batch that is being sent counts as queued until its outcome is known.
//
// An Agent that is not there costs nothing but the queue: it is tried again after 50 ms, then less
// often, every 500 ms at the most, and datagrams older than the queue's time to live expire.
//
// Threads: push(), totals(), wait_empty(), finish() from any; pump() and drain() from one at a time
// (a second one returns at once); abandon() from one at a time, beside all others. Cost: no lock is
// held across a system call. Errors: none; what cannot be sent is counted by its reason.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <pawl/clock.h>
#include <pawl/stats.h>
#include <pawl/transport.h>

#include "encode/datagram.h"
#include "transport/pacer.h"
#include "transport/queue.h"

namespace pawl::transport {

class Sender {
 public:
  // Of the real steady clock, which deadlines are in; a client's Clock may stand still.
  using RealTime = std::chrono::steady_clock::time_point;

  struct Limits {
    // Memory of what waits, strings and list nodes. One datagram alone is kept whatever its size.
    std::size_t max_queue_bytes = std::size_t{4} << 20;
    // How long a datagram may wait.
    std::chrono::milliseconds queue_ttl{60'000};
  };

  using Totals = Queue::Totals;

  Sender(std::shared_ptr<Transport> transport, std::shared_ptr<const Clock> clock, Limits limits);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Takes datagrams. Beyond the byte limit the oldest go, as Drop::queue_full; so does what there
  // is no memory for.
  void push(std::vector<encode::Datagram>&& datagrams) noexcept;

  // Sends what may go now. Waits for the receiver 50 ms at the most; a transport that looks up a
  // name takes as long as that takes. Gives the time of the Clock at which to call again; max()
  // when nothing is queued. Earlier calls do no harm.
  Clock::SteadyTime pump() noexcept;

  // Gives datagrams that nobody needs any more, for the memory of their payloads; no more than the
  // vector of one push had room for.
  std::vector<encode::Datagram> take_spares() noexcept;

  // Pumps on this thread until nothing is queued, and tells whether that was reached by `deadline`.
  bool drain(RealTime deadline) noexcept;

  // Says that the client is closing: an Agent that is not there is tried once more, at once, and
  // then everything queued is dropped as Drop::unreachable. After it abandon() is final.
  void finish() noexcept;

  // Waits for the thread that pumps; tells whether the queue was empty by `deadline`.
  bool wait_empty(RealTime deadline) noexcept;

  // Closes the transport's connection, unless a thread that pumps is in it.
  void disconnect() noexcept;

  // Drops all that is queued, for this reason. A batch that another thread is sending is given 50
  // ms to say its outcome, and counts as dropped after that. After finish(), what is pushed later
  // is dropped at once for the same reason.
  void abandon(Drop reason) noexcept;

  Totals totals() const noexcept;

  // Stand around fork(); the child starts with an empty queue and all totals at zero, even if
  // another thread of the parent was inside pump().
  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

 private:
  enum class After : std::uint8_t { go_on, wait_writable, back_off, reconnect_and_go_on };

  // A mutex and its waiters; made anew in a forked child, where the waiting threads do not exist.
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
  };
  // How the last sends went.
  struct Course {
    Clock::SteadyTime retry_at = Clock::SteadyTime::min();
    std::chrono::milliseconds delay{0};
    int misses = 0;            // sends in a row that handed over nothing
    bool last_chance = false;  // the client is closing and the Agent was not there once
    bool one_by_one = false;   // after too_large, until the culprit is found
  };

  bool begin_pumping() noexcept;
  void end_pumping() noexcept;
  Clock::SteadyTime pump_until(RealTime deadline) noexcept;
  Clock::SteadyTime pump_batches(RealTime deadline) noexcept;
  Clock::SteadyTime take(Queue::Views& views) noexcept;
  After settle(const SendResult& result, std::size_t tried) noexcept;
  After settle_rest(const SendResult& result, std::size_t tried, Queue::Entries& graves) noexcept;
  After settle_blocked() noexcept;
  After settle_unreachable(Queue::Entries& graves) noexcept;
  After settle_too_large(bool alone, Queue::Entries& graves) noexcept;
  void retry_after(std::chrono::milliseconds delay) noexcept;
  Clock::SteadyTime next_try() noexcept;
  void retry_now() noexcept;
  void keep_spares(Queue::Entries& graves) noexcept;

  const std::shared_ptr<Transport> transport_;
  const std::shared_ptr<const Clock> clock_;
  const Limits limits_;
  mutable Gate gate_;
  // All below belongs to the gate.
  Queue queue_;
  Pacer pacer_;
  Course course_;
  // Enough for a flush of ten thousand contexts.
  static constexpr std::size_t kMostSpareBytes = std::size_t{3} << 19;
  std::vector<encode::Datagram> spares_;
  std::size_t spare_bytes_ = 0;
  bool pumping_ = false;
  bool finishing_ = false;
  std::optional<Drop> abandoned_;
};

}  // namespace pawl::transport
