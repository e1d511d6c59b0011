#pragma once

// What one thread writes when it records: the part of a shard that the inlined handles touch. Not
// for programs to use; it is here because a call that is not inlined costs more than the record.
//
// Counters are cumulative cells in chunks, never reset: the flusher sums them over the threads and
// sends what the sum has grown by. Samples go through a ring of which this thread is the only
// producer. Every store is by the owning thread alone, so relaxed loads and stores are enough; the
// order that matters is said where it matters.
//
// Threads: the owner writes; the flusher reads.
// Cost: 16 B a counter and thread, in chunks of 512; a ring of 64 KiB; a directory of 16 KiB.

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "pawl/detail/export.h"

namespace pawl::detail {

inline constexpr std::uint32_t kChunkBits = 9;
inline constexpr std::uint32_t kCellsInChunk = 1U << kChunkBits;
inline constexpr std::uint32_t kChunks = 2048;
inline constexpr std::uint32_t kRingSamples = 4096;
inline constexpr std::uint32_t kMaxClients = 32;
inline constexpr std::uint32_t kSlots = kMaxClients + 1;  // slot 0 is that of handles of no client

// The calls are stored after the sum, with release: a flusher that sees a call sees its value.
struct CounterCell {
  std::atomic<std::uint64_t> sum{0};
  std::atomic<std::uint64_t> calls{0};

  void add(std::int64_t value) noexcept {
    sum.store(sum.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(value),
              std::memory_order_relaxed);
    calls.store(calls.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
};
// An array of C, here and below: std::array checks each index where the library asserts.
struct CounterChunk {
  CounterCell cells[kCellsInChunk];
};

struct Sample {
  std::uint32_t series;
  float rate;
  double value;
};

// Positions run on for ever and wrap; the slot is the position modulo the size.
struct Ring {
  alignas(64) std::atomic<std::uint32_t> tail{0};  // next to write
  std::uint32_t known_head = 0;                    // the producer's last look at head
  alignas(64) std::atomic<std::uint32_t> head{0};  // next to read
  alignas(64) Sample slots[kRingSamples];

  // Tells whether there was room.
  bool push(Sample sample) noexcept {
    const std::uint32_t at = tail.load(std::memory_order_relaxed);
    if (at - known_head == kRingSamples) [[unlikely]] {
      known_head = head.load(std::memory_order_acquire);
      if (at - known_head == kRingSamples) return false;
    }
    slots[at % kRingSamples] = sample;
    tail.store(at + 1, std::memory_order_release);
    return true;
  }
};

struct Cells {
  // How many look-ups of this thread are at work: what they may have found is not freed.
  std::atomic<std::uint32_t> looking{0};
  std::atomic<CounterChunk*> counters[kChunks]{};
  Ring ring;

  // Adds to a counter; tells whether its chunk was there.
  bool add(std::uint32_t counter, std::int64_t value) noexcept {
    CounterChunk* chunk = counters[counter >> kChunkBits].load(std::memory_order_relaxed);
    if (chunk == nullptr) [[unlikely]]
      return false;
    chunk->cells[counter % kCellsInChunk].add(value);
    return true;
  }
};

// Each client alive has a slot, and each thread its cells in it; nullptr until it records. The
// initial-exec model makes a look-up one instruction also in a shared library (264 bytes of the
// 1,664 that glibc keeps for libraries loaded later).
PAWL_API extern constinit thread_local Cells* t_cells[kSlots]
    __attribute__((tls_model("initial-exec")));

// By bits, so that -ffast-math in the program cannot remove it.
inline bool is_finite(double value) noexcept {
  constexpr std::uint64_t kExponent = 0x7ff0'0000'0000'0000;
  return (std::bit_cast<std::uint64_t>(value) & kExponent) != kExponent;
}

}  // namespace pawl::detail
