#pragma once

// Hashes for tables in this process: seeded anew in each, so that nobody can craft collisions, and
// never written anywhere.
//
// PieceHash takes the pieces of a call (name, key, value, key ...) where they lie, instead of
// joining them first: each piece of up to 32 bytes is one or two independent 64 x 64 -> 128
// multiplications, which the processor overlaps. Every byte and every length counts.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::base {

// XXH3 with this process's seed.
std::uint64_t hash_bytes(std::string_view bytes) noexcept;
// The seed, an odd number from the system's generator.
std::uint64_t process_seed() noexcept;

inline std::uint64_t load64(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
inline std::uint32_t load32(const char* at) noexcept {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

class PieceHash {
 public:
  explicit PieceHash(std::uint64_t seed) noexcept : key_(seed), sum_(seed) {}

  void add(std::string_view piece) noexcept {
    key_ += kStep;
    const char* at = piece.data();
    const std::size_t size = piece.size();
    if (size > 32) return mix(hash_bytes(piece), size, size);
    if (size > 16) {
      mix(load64(at), load64(at + 8), size);
      key_ += kStep;
      return mix(load64(at + size - 16), load64(at + size - 8), size);
    }
    if (size >= 8) return mix(load64(at), load64(at + size - 8), size);
    if (size >= 4) return mix(load32(at), load32(at + size - 4), size);
    mix(size == 0 ? 0 : three_bytes(at, size), 0, size);
  }
  void add(std::uint64_t number) noexcept {
    key_ += kStep;
    mix(number, 0, 0);
  }
  std::uint64_t value() const noexcept { return fold_multiply(sum_ ^ key_, kStep); }

 private:
  static constexpr std::uint64_t kStep = 0x9e37'79b9'7f4a'7c15;

  static std::uint64_t three_bytes(const char* at, std::size_t size) noexcept {
    const auto byte = [at](std::size_t i) {
      return std::uint64_t{static_cast<unsigned char>(at[i])};
    };
    return byte(0) << 16 | byte(size / 2) << 8 | byte(size - 1);
  }
  void mix(std::uint64_t a, std::uint64_t b, std::size_t size) noexcept {
    sum_ += fold_multiply(a ^ key_, b ^ (key_ << 32 | key_ >> 32) ^ (size << 56));
  }

  std::uint64_t key_;
  std::uint64_t sum_;
};

// Tells whether two texts of the same size are equal, without a call for the short ones that names
// and tags are.
inline bool equal_bytes(const char* a, const char* b, std::size_t size) noexcept {
  if (size > 16) return std::memcmp(a, b, size) == 0;
  if (size >= 8)
    return ((load64(a) ^ load64(b)) | (load64(a + size - 8) ^ load64(b + size - 8))) == 0;
  if (size >= 4)
    return ((load32(a) ^ load32(b)) | (load32(a + size - 4) ^ load32(b + size - 4))) == 0;
  for (std::size_t i = 0; i < size; ++i)
    if (a[i] != b[i]) return false;
  return true;
}

}  // namespace pawl::base
