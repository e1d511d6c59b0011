#pragma once

// 128 bits that stand for a call: its type, cardinality, scope, name and tags, byte for byte as the
// program wrote them. The look-up compares digests and not texts, so they must not collide:
//
// A piece of up to 16 bytes is one block of two words, its first and its last bytes (which
// overlap, or both are a short piece's halves). The digest is the sum over the blocks of
//
//     (first + K[position] + S[size]) * (last + L[position])
//
// in 128 bits, both halves added alone: NH of UMAC (RFC 4418, section 5.2) with a key for the size
// of the piece. A longer piece is a block of its length and then blocks of 16 bytes, of which the
// last overlaps. Take two different calls, and a block in which they differ. If its first factors
// differ, at most a few of all values of L[position] make the sums equal, and L[position] is in no
// other block; they do differ, but for one value of S in 2^64, when the sizes or the first words
// do. If only the last words differ, the same holds of K[position]. So two different calls have one
// digest with a probability of at most 2^-60 over the keys, which are random and never leave the
// process: not even a program whose tags an enemy writes can be made to mix two contexts up. Among
// 10,000 calls that is one process in 2^34.
//
// A sum, so calls that share their tags share the work for them.
//
// Threads: immutable once made.
// Cost: about 15 instructions a piece; no byte outside the pieces is read.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "context/call.h"

namespace pawl::context {

struct Digest {
  std::uint64_t low;  // odd
  std::uint64_t high;
  friend bool operator==(const Digest&, const Digest&) = default;
};

class Digester {
 public:
  // The digests of calls with more tags, longer pieces, or many long ones say nothing of them: they
  // are digests that no other call has. fits() tells.
  static constexpr std::size_t kMostTags = 32;
  static constexpr std::size_t kLongestPiece = 255;
  static constexpr std::size_t kMostLongBlocks = 64;  // of 16 bytes, in pieces longer than that

  explicit Digester(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : words_) {
      seed += kStep;
      word = base::fold_multiply(seed, ~seed ^ kStep);
    }
  }

  // The part of a digest that the tags make.
  struct TagSum {
    std::uint64_t low;
    std::uint64_t high;
  };

  [[gnu::always_inline]] TagSum sum(Tags tags) const noexcept {
    if (tags.size() > kMostTags) [[unlikely]]
      return {word(kUnfit), word(kUnfit)};
    Walk walk{0, 0, words_.data() + kNameBlocks, sizes()};
    for (const Tag& tag : tags) {
      if (!add_short(walk, tag.key) || !add_short(walk, tag.value)) [[unlikely]]
        return sum_of_long(tags);
    }
    return {walk.low, walk.high};
  }

  // Gives the digest of a call with such tags. `call.tags` is not looked at.
  [[gnu::always_inline]] Digest digest(TagSum tags, const Call& call) const noexcept {
    Walk walk{tags.low, tags.high, words_.data(), sizes()};
    add_product(walk, kind_word(call), word(kKind));
    if (!add_short(walk, call.name)) {
      const TagSum name = sum_of_long_name(call.name);
      walk.low += name.low;
      walk.high += name.high;
    }
    return {walk.low | 1, walk.high};
  }

  Digest digest(const Call& call) const noexcept { return digest(sum(call.tags), call); }

  static bool fits(const Call& call) noexcept {
    std::size_t blocks = 0;
    bool fits = call.tags.size() <= kMostTags && call.name.size() <= kLongestPiece;
    for (const Tag& tag : call.tags) {
      fits = fits && std::max(tag.key.size(), tag.value.size()) <= kLongestPiece;
      blocks += long_blocks(tag.key) + long_blocks(tag.value);
    }
    return fits && blocks <= kMostLongBlocks;
  }

 private:
  static constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;
  static constexpr std::size_t kBlock = 16;
  static constexpr std::size_t kNameBlocks = 1 + (kLongestPiece + kBlock - 1) / kBlock;
  static constexpr std::size_t kTagBlocks = 2 * kMostTags + kMostLongBlocks;
  static constexpr std::size_t kSizes = kBlock + 2;
  static constexpr std::size_t kOfLongPiece = kBlock + 1;
  // Where L, S and the key of the kind begin.
  static constexpr std::size_t kLasts = kNameBlocks + kTagBlocks;
  static constexpr std::size_t kOfSizes = 2 * kLasts;
  static constexpr std::size_t kKind = kOfSizes + kSizes;
  static constexpr std::size_t kUnfit = kKind + 1;

  struct Walk {
    std::uint64_t low;
    std::uint64_t high;
    const std::uint64_t* key;    // of the next block
    const std::uint64_t* sizes;  // S
  };

  // Not by operator[], which checks where the library asserts.
  std::uint64_t word(std::size_t index) const noexcept { return words_.data()[index]; }
  const std::uint64_t* sizes() const noexcept { return words_.data() + kOfSizes; }

  static std::uint64_t kind_word(const Call& call) noexcept {
    return std::uint64_t{call.scope} << 16 | static_cast<std::uint64_t>(call.cardinality) << 8 |
           static_cast<std::uint64_t>(call.type);
  }

  [[gnu::always_inline]] static void add_product(Walk& walk,
                                                 std::uint64_t a,
                                                 std::uint64_t b) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    walk.low += static_cast<std::uint64_t>(product);
    walk.high += static_cast<std::uint64_t>(product >> 64);
  }

  [[gnu::always_inline]] static void add_block(Walk& walk,
                                               std::size_t size,
                                               std::uint64_t first,
                                               std::uint64_t last) noexcept {
    add_product(walk, first + walk.key[0] + walk.sizes[size], last + walk.key[kLasts]);
    ++walk.key;
  }

  // Tells whether the piece is short; adds nothing when it is not.
  [[gnu::always_inline]] static bool add_short(Walk& walk, std::string_view piece) noexcept {
    const char* at = piece.data();
    const std::size_t size = piece.size();
    if (size - 8 <= kBlock - 8) [[likely]]
      add_block(walk, size, base::load64(at), base::load64(at + size - 8));
    else if (size > kBlock)
      return false;
    else if (size >= 4)
      add_block(walk, size, base::load32(at), base::load32(at + size - 4));
    else if (size >= 2)
      add_block(walk, size, base::load16(at), base::load16(at + size - 2));
    else
      add_block(walk, size, size == 0 ? 0 : static_cast<unsigned char>(*at), 0);
    return true;
  }

  static constexpr std::size_t long_blocks(std::string_view piece) noexcept {
    return piece.size() <= kBlock ? 0 : 1 + (piece.size() + kBlock - 1) / kBlock;
  }
  // REQUIRES: kBlock < piece.size() <= kLongestPiece, and there are keys for its blocks.
  static void add_long(Walk& walk, std::string_view piece) noexcept {
    const char* at = piece.data();
    const std::size_t size = piece.size();
    add_block(walk, kOfLongPiece, size, 0);
    for (std::size_t i = 0; i + kBlock < size; i += kBlock)
      add_block(walk, kOfLongPiece, base::load64(at + i), base::load64(at + i + 8));
    add_block(walk, kOfLongPiece, base::load64(at + size - kBlock), base::load64(at + size - 8));
  }

  TagSum sum_of_long(Tags tags) const noexcept;
  TagSum sum_of_long_name(std::string_view name) const noexcept;

  // K, L, S, and the two that stand for themselves.
  std::array<std::uint64_t, kUnfit + 1> words_;
};

}  // namespace pawl::context
