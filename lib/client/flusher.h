#pragma once

// From what threads recorded to datagrams: drain the rings, then fold, encode and push to the
// sender. It keeps the first half of the ledger: what was taken from the threads, by what became of
// it.
//
// Threads: any; one mutex for all of it, which recording never takes. Who asks for the last
// interval's samples does not take it either.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <pawl/detail/cells.h>
#include <pawl/stats.h>

#include "aggregate/budget.h"
#include "aggregate/samples.h"
#include "aggregate/sets.h"
#include "aggregate/shard.h"
#include "client/direct_lines.h"
#include "client/last_interval.h"
#include "client/plan.h"
#include "client/unsent.h"
#include "context/registry.h"
#include "encode/packer.h"
#include "encode/sketch_lines.h"
#include "transport/sender.h"

namespace pawl::client {

// All that is recorded into, and the way out; the flusher goes over it from one end to the other.
struct Stages {
  context::Registry& registry;
  aggregate::ShardPool& shards;
  aggregate::Budget& budget;
  aggregate::Sets& sets;
  DirectLines& direct;
  transport::Sender& sender;
};

class Flusher {
 public:
  // What was taken from the threads since the start, and what became of it here.
  struct Taken {
    Amount recorded;
    std::array<Amount, kRejects> rejected{};
    std::array<std::uint64_t, kMetricTypes> samples_by_type{};
    // Contexts that had something to send, summed over the flushes.
    std::array<std::uint64_t, kMetricTypes> active_by_type{};
    std::uint64_t events = 0;
    std::uint64_t service_checks = 0;
    std::uint64_t flushes = 0;
  };

  Flusher(const Plan& plan, Stages stages);

  // Empties the threads' rings; gives how full the fullest was, in samples.
  std::size_t drain() noexcept;
  // Sends all that was recorded before the call, and `extra` lines with it.
  void flush(std::span<const std::string> extra = {}) noexcept;
  // Flushes a last time; what is recorded from now on is counted as rejected, by read().
  void close(std::span<const std::string> extra = {}) noexcept;

  // Reads the books, with what still waits in the threads' cells. After close() that is taken, and
  // counted as rejected, first.
  struct Books {
    Taken taken;
    Amount waiting;  // in the threads' cells and rings, sets and direct lines
    Amount held;     // taken, but not pushed yet
    transport::Sender::Totals out;
  };
  Books read() noexcept;
  // Tells how much a flush had to leave out.
  Amount lost() noexcept;

  LastInterval& last_interval() noexcept { return last_interval_; }

  // Stand around fork(). In the child all that was recorded before it belongs to the parent.
  void lock() noexcept {
    mutex_.lock();
    last_interval_.lock();
  }
  void unlock() noexcept {
    last_interval_.unlock();
    mutex_.unlock();
  }
  void start_over_in_child() noexcept;

 private:
  std::size_t drain_all();
  std::size_t drain(aggregate::Shard& shard);
  void keep(std::span<const detail::Sample> drained) noexcept;
  std::size_t datagram_limit() const noexcept;
  void flush_locked(std::span<const std::string> extra) noexcept;
  void retire_idle(bool free_the_last) noexcept;
  void flush_counters(encode::Packer& packer);
  void flush_gauges(encode::Packer& packer);
  void flush_samples(encode::SketchLines& lines);
  std::unique_ptr<aggregate::Samples> make_samples() const;
  aggregate::Folding folding_of(std::uint32_t index) const noexcept;
  bool has_room_for_any_value(const context::Context& context) const noexcept;
  void flush_sets(encode::Packer& packer);
  void flush_direct(encode::Packer& packer);
  void discard_recorded();
  Amount waiting() noexcept;

  void took(context::Context& context, Amount amount, std::uint64_t contexts) noexcept;
  void took(const DirectLines::Line& line) noexcept;
  void reject(Reject reason, Amount amount) noexcept;
  Amount rejected_total() const noexcept;

  const Plan& plan_;
  const Stages stages_;
  const Unsent unsent_;
  const Clock::SteadyTime start_;
  std::mutex mutex_;
  std::uint32_t now_ = 0;          // seconds since the start, at the last flush
  std::uint32_t next_expiry_ = 0;  // when idle contexts are looked for again
  std::unique_ptr<aggregate::Samples> samples_;
  LastInterval last_interval_;
  std::vector<detail::Sample> ring_;   // what was taken from one
  std::vector<detail::Sample> spill_;  // and from the other
  Taken taken_;
  Amount pushed_;  // to the sender
  bool closed_ = false;
};

}  // namespace pawl::client
