#pragma once

// Memory that is taken in small pieces and given back all at once. Pieces are aligned to 8 bytes.
//
// Threads: one at a time.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace pawl::base {

class Arena {
 public:
  // Gives `size` bytes; throws std::bad_alloc.
  std::byte* take(std::size_t size) {
    size = (size + 7) & ~std::size_t{7};
    if (size > left_) grow(size);
    left_ -= size;
    return std::exchange(next_, next_ + size);
  }

  // Counts the bytes that the arena holds.
  std::size_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr std::size_t kFirstBlock = 1024;
  static constexpr std::size_t kLargestBlock = std::size_t{64} << 10;

  void grow(std::size_t size) {
    const std::size_t block = std::max(size, std::clamp(bytes_, kFirstBlock, kLargestBlock));
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
    next_ = blocks_.back().get();
    left_ = block;
    bytes_ += block;
  }

  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace pawl::base
