#pragma once

// The books of the sender: what waits, what is being sent, and where all the rest went. Every
// operation moves amounts from one column to another, so that their sum is always what was added.
//
// Threads: none of its own; the Sender's gate guards it. Only the bytes of the datagrams in flight
// are read outside of it, and nothing frees or moves those until settle.
// Cost: a list node a datagram; taking, dropping and putting back allocate nothing.
// Errors: none.

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <string_view>

#include <pawl/clock.h>
#include <pawl/stats.h>

#include "encode/datagram.h"

namespace pawl::transport {

class Queue {
 public:
  static constexpr std::size_t kBatch = 32;

  struct Entry {
    encode::Datagram datagram;
    Clock::SteadyTime since;
  };
  using Entries = std::list<Entry>;

  struct Totals {
    Amount handed_to_kernel;
    Losses dropped;
    Amount queued;
    std::uint64_t queued_bytes = 0;
    std::uint64_t queued_datagrams = 0;
    Traffic traffic;
  };

  // The payloads in flight, in order.
  struct Views {
    std::array<std::string_view, kBatch> payloads{};
    std::size_t count = 0;
    std::span<const std::string_view> span() const noexcept { return {payloads.data(), count}; }
  };

  bool empty() const noexcept { return totals_.queued_datagrams == 0; }
  bool nothing_to_take() const noexcept { return waiting_.empty(); }
  bool in_flight() const noexcept { return !in_flight_.empty() && !disowned_; }
  const Totals& totals() const noexcept { return totals_; }

  // Adds to the end.
  void add(Entries&& entries) noexcept;
  // Counts a datagram that never got in.
  void refuse(const encode::Datagram& datagram, Drop reason) noexcept { lose(datagram, reason); }

  // Drop what waits: the oldest until at most `max_bytes` of memory are used; all from before
  // `limit`; all. What is dropped moves to `graves`, for the caller to free outside of its lock.
  void drop_oldest(std::size_t max_bytes, Entries& graves) noexcept;
  void drop_before(Clock::SteadyTime limit, Entries& graves) noexcept;
  void drop_waiting(Drop reason, Entries& graves) noexcept;

  // Takes the oldest `most` into flight. REQUIRES: nothing in flight.
  Views take(std::size_t most) noexcept;
  // Settle those in flight: the first ones handed over, the first one dropped, all dropped.
  void hand_over(std::size_t count, Entries& graves) noexcept;
  void drop_first_in_flight(Drop reason, Entries& graves) noexcept;
  void drop_in_flight(Drop reason, Entries& graves) noexcept;
  // Puts what is still in flight back to the front.
  void put_back() noexcept;

  // Counts what is in flight as dropped now; whatever its outcome, it is counted no more.
  void disown(Drop reason) noexcept;
  // Ends the flight of what was disowned, and tells whether it was.
  bool end_disowned(Entries& graves) noexcept;

  // Forgets everything, totals included.
  void reset() noexcept;

 private:
  void lose(const encode::Datagram& datagram, Drop reason) noexcept;
  void remove(const Entry& entry) noexcept;
  void drop_front(Drop reason, Entries& graves) noexcept;

  Entries waiting_;
  Entries in_flight_;
  bool disowned_ = false;
  std::size_t memory_ = 0;
  Totals totals_;
};

}  // namespace pawl::transport
