#pragma once

// All that one thread records into: its counters' cells, its ring of samples, and the tallies of
// what was refused or repaired. Everything is cumulative, so a shard whose thread has ended is
// handed to the next one as it is: nothing has to be folded first, and nothing can be lost.
//
// Threads: the owner writes, without a lock. The flusher reads, and empties the ring while it holds
// `drain`; the owner takes `drain` only when its ring is full.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include <pawl/detail/cells.h>
#include <pawl/stats.h>

#include "tags/normalize.h"
#include "tags/refused_keys.h"

namespace pawl::aggregate {

// Gives a seed that no other call in this process was given, and no other process is likely to use.
std::uint64_t next_random_seed() noexcept;

class Shard : public detail::Cells {
 public:
  // `client` is whom the shard belongs to; the shard only keeps it for the thread's end.
  explicit Shard(void* client) noexcept : client_(client) {}
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  void* client() const noexcept { return client_; }

  // By the owner.

  // Makes the chunk of a counter; tells whether there was memory.
  bool make_chunk(std::uint32_t counter) noexcept;
  // Adds to a counter whose chunk may not be there; rejects what there is no memory for.
  void count(std::uint32_t counter, std::int64_t value) noexcept;
  void reject(Reject reason, Amount amount) noexcept;
  void note(const tags::Repairs& repairs, std::uint64_t times) noexcept;
  // Tells whether a call of this rate is kept.
  bool keeps(float rate) noexcept;

  // By any.
  Amount rejected(Reject reason) const noexcept;
  std::uint64_t repaired(Repair repair) const noexcept;
  void add_refused_keys_to(tags::RefusedCounts& counts) const noexcept;

  // Gives the bytes of memory that it takes, without the spill.
  std::size_t bytes() const noexcept;
  // Tells how many samples wait in the ring and the spill.
  std::size_t waiting() noexcept;

  // Moves what waits in the ring, `most` samples at the most, to the end of `out`; throws
  // std::bad_alloc and has then moved nothing. REQUIRES: drain is held.
  void empty_ring(std::vector<detail::Sample>& out, std::uint32_t most = detail::kRingSamples);
  // Forgets what waits in the ring, `most` samples at the most; gives how many. REQUIRES: drain is
  // held.
  std::uint32_t clear_ring(std::uint32_t most = detail::kRingSamples) noexcept;

  // Forgets all but the counters, in the child of a fork.
  void start_over() noexcept;

  std::mutex drain;
  // What the owner moved out of its full ring. REQUIRES: drain is held.
  std::vector<detail::Sample> spill;

 private:
  friend class ShardPool;
  using Tally = std::atomic<std::uint64_t>;
  static void bump(Tally& tally, std::uint64_t by) noexcept {
    tally.store(tally.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  void* const client_;
  bool has_looked_ = false;     // the flusher's: was seen between two look-ups
  Shard* next_ = nullptr;       // in the pool
  Shard* next_free_ = nullptr;  // in its free list
  std::uint64_t random_ = next_random_seed();
  std::array<Tally, kRejects> rejected_samples_{};
  std::array<Tally, kRejects> rejected_counted_{};
  std::array<Tally, kRepairs> repaired_{};
  std::array<Tally, tags::kRefusedNumbers> refused_keys_{};
};

// The shards of a client's threads, alive or waiting for their next thread, and one that is shared
// by threads that can have none of their own. None is freed before the pool is.
//
// Threads: any.
class ShardPool {
 public:
  // Throws std::bad_alloc.
  explicit ShardPool(void* client);
  ~ShardPool();
  ShardPool(const ShardPool&) = delete;
  ShardPool& operator=(const ShardPool&) = delete;

  // Gives a thread a shard of its own; throws std::bad_alloc.
  Shard& acquire();
  // Takes it back at the thread's end.
  void release(Shard& shard) noexcept;
  // The shared one. REQUIRES: callers take turns.
  Shard& common() const noexcept { return *common_; }

  // Calls visit(shard) for each; takes no lock.
  template <class Visit>
  void each(const Visit& visit) const {
    for (Shard* shard = first_.load(std::memory_order_acquire); shard != nullptr;
         shard = shard->next_)
      visit(*shard);
  }
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  // Sums what was refused by key.
  tags::RefusedCounts refused_keys() const noexcept;

  // By the flusher: begins to wait for the look-ups that are at work.
  void await_lookers() noexcept;
  // Tells whether each of them is over; it is enough to have seen each thread between two, since
  // await_lookers(). Waits some microseconds for the others. Never where the system has no fence.
  bool all_have_looked() noexcept;

  // Stand around fork(). In the child nobody owns a shard, and all are empty.
  void lock() noexcept;
  void unlock() noexcept;
  void start_over_in_child() noexcept;

 private:
  Shard& make();

  void* const client_;
  std::atomic<Shard*> first_{nullptr};
  std::atomic<std::size_t> size_{0};
  Shard* common_;
  std::mutex mutex_;
  Shard* free_ = nullptr;
};

}  // namespace pawl::aggregate
