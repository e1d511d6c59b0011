#pragma once

// A call's type, scope, name and tags as one run of bytes, so that it is hashed and compared as a
// whole:
//
//     kind word (8) | number of tags (1) | sizes of name, key, value, key ... (1 each) | their
//     bytes
//
// with zeros up to a multiple of 16. Copying the pieces costs less than hashing and comparing each
// where it lies: they are short, and most of the work for one is finding out how short.
//
// Threads: a value on the caller's stack.
// Cost: about 12 instructions a piece, and 8 for each 16 bytes.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <pawl/metric.h>
#include <pawl/tags.h>

#include "base/hash.h"

namespace pawl::context {

// What a program says to be recorded under. `scope` is the child client's number.
struct Call {
  MetricType type;
  Cardinality cardinality;
  std::uint32_t scope;
  std::string_view name;
  Tags tags;

  std::uint64_t kind_word() const noexcept {
    return std::uint64_t{scope} << 16 | static_cast<std::uint64_t>(cardinality) << 8 |
           static_cast<std::uint64_t>(type);
  }
};

class CallKey {
 public:
  // Longer calls, or calls with a longer piece, have no key; they are never remembered.
  static constexpr std::size_t kMostBytes = 1024;  // before the last tag
  static constexpr std::size_t kLongestPiece = 255;

  explicit CallKey(const Call& call) noexcept {
    const std::size_t tags = call.tags.size();
    if (call.name.size() > kLongestPiece || tags > kLongestPiece / 2) return;
    put_word(bytes_, call.kind_word());
    char* size_at = bytes_ + sizeof(std::uint64_t);
    *size_at++ = static_cast<char>(tags);
    *size_at++ = static_cast<char>(call.name.size());
    char* at = put(size_at + 2 * tags, call.name);
    for (const Tag& tag : call.tags) {
      const std::size_t longest = tag.key.size() | tag.value.size();
      if (longest > kLongestPiece || at > bytes_ + kMostBytes) return;
      *size_at++ = static_cast<char>(tag.key.size());
      *size_at++ = static_cast<char>(tag.value.size());
      at = put(put(at, tag.key), tag.value);
    }
    put_word(at, std::uint64_t{0});
    put_word(at + 8, std::uint64_t{0});
    size_ = (static_cast<std::size_t>(at - bytes_) + 15) & ~std::size_t{15};
  }

  // Tells whether the call has a key.
  explicit operator bool() const noexcept { return size_ != 0; }
  std::string_view view() const noexcept { return {bytes_, size_}; }

  // Two independent words a step, so that the processor overlaps the multiplications.
  std::uint64_t hash(std::uint64_t seed) const noexcept {
    constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;
    std::uint64_t key = seed;
    std::uint64_t sum = size_;
    for (std::size_t i = 0; i < size_; i += 16) {
      key += kStep;
      sum +=
          base::fold_multiply(base::load64(bytes_ + i) ^ key, base::load64(bytes_ + i + 8) ^ ~key);
    }
    return base::fold_multiply(sum ^ key, kStep);
  }

 private:
  // The compiler's own copy: a fortified one checks each of these against the buffer at run time,
  // which triples the cost of a key (measured with g++ 12, _FORTIFY_SOURCE=3). The constructor has
  // checked.
  template <class Word>
  static void put_word(char* at, Word word) noexcept {
    __builtin_memcpy(at, &word, sizeof word);
  }

  // Copies by the two ends of a piece, which overlap: no loop, no call for the short ones.
  static char* put(char* at, std::string_view piece) noexcept {
    const char* from = piece.data();
    const std::size_t size = piece.size();
    if (size > 16) {
      __builtin_memcpy(at, from, size);
    } else if (size >= 8) {
      const std::uint64_t last = base::load64(from + size - 8);
      put_word(at, base::load64(from));
      put_word(at + size - 8, last);
    } else if (size >= 4) {
      const std::uint32_t last = base::load32(from + size - 4);
      put_word(at, base::load32(from));
      put_word(at + size - 4, last);
    } else if (size != 0) {
      at[0] = from[0];
      at[size / 2] = from[size / 2];
      at[size - 1] = from[size - 1];
    }
    return at + size;
  }

  std::size_t size_ = 0;
  // Only the first size_ are ever read.
  char bytes_[kMostBytes + 2 * kLongestPiece + 16];
};

}  // namespace pawl::context
