#pragma once

// The contexts of one kind by number. It grows by chunks that never move; the number of a context
// that has expired is given to the next one.
//
// Threads: next(), add() and remove() from one at a time; the rest from any.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "context/context.h"

namespace pawl::context {

class Directory {
 public:
  static constexpr std::uint32_t kChunkBits = 9;
  static constexpr std::uint32_t kInChunk = 1U << kChunkBits;
  static constexpr std::uint32_t kCapacity = kInChunk * 2048;

  // Counts the numbers that were ever given.
  std::uint32_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  // Gives the context of a number; nullptr where it has expired.
  Context* operator[](std::uint32_t index) const noexcept {
    return (*chunks_[index >> kChunkBits])[index % kInChunk].load(std::memory_order_acquire);
  }

  // The number of the next context, and what its cells hold already.
  struct Place {
    std::uint32_t index;
    Totals totals;
  };
  // Throws std::bad_alloc.
  Place next() {
    if (!free_.empty()) return free_.back();
    auto& chunk = chunks_[size() >> kChunkBits];
    if (chunk == nullptr) chunk = std::make_unique<Chunk>();
    return {size(), {}};
  }
  // Tells whether all numbers are taken.
  bool is_full() const noexcept { return free_.empty() && size() == kCapacity; }

  // REQUIRES: context->index == next().index.
  void add(Context* context) noexcept {
    place(context->index).store(context, std::memory_order_release);
    if (context->index < size())
      free_.pop_back();
    else
      size_.store(context->index + 1, std::memory_order_release);
  }
  // `totals` is what the cells of its number hold. REQUIRES: nobody records under it any more.
  // Throws std::bad_alloc, and has then changed nothing.
  void remove(const Context& context, Totals totals) {
    free_.push_back({context.index, totals});
    place(context.index).store(nullptr, std::memory_order_release);
  }

 private:
  using Chunk = std::array<std::atomic<Context*>, kInChunk>;
  std::atomic<Context*>& place(std::uint32_t index) noexcept {
    return (*chunks_[index >> kChunkBits])[index % kInChunk];
  }

  std::array<std::unique_ptr<Chunk>, kCapacity / kInChunk> chunks_;
  std::atomic<std::uint32_t> size_{0};
  std::vector<Place> free_;
};

}  // namespace pawl::context
