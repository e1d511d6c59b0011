#pragma once

// The contexts of one kind by number. It grows by chunks that never move.
//
// Threads: add() from one at a time; the rest from any.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "context/context.h"

namespace pawl::context {

class Directory {
 public:
  static constexpr std::uint32_t kChunkBits = 9;
  static constexpr std::uint32_t kInChunk = 1U << kChunkBits;
  static constexpr std::uint32_t kCapacity = kInChunk * 2048;

  std::uint32_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  Context& operator[](std::uint32_t index) const noexcept {
    return *(*chunks_[index >> kChunkBits])[index % kInChunk];
  }

  // Makes room for one more; throws std::bad_alloc. REQUIRES: size() < kCapacity.
  void reserve() {
    auto& chunk = chunks_[size() >> kChunkBits];
    if (chunk == nullptr) chunk = std::make_unique<Chunk>();
  }
  // REQUIRES: reserve(), and context->index == size().
  void add(Context* context) noexcept {
    const std::uint32_t index = size();
    (*chunks_[index >> kChunkBits])[index % kInChunk] = context;
    size_.store(index + 1, std::memory_order_release);
  }

 private:
  using Chunk = std::array<Context*, kInChunk>;
  std::array<std::unique_ptr<Chunk>, kCapacity / kInChunk> chunks_;
  std::atomic<std::uint32_t> size_{0};
};

}  // namespace pawl::context
