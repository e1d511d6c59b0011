#pragma once

// Hashes for tables in this process: seeded anew in each, so that nobody can craft collisions, and
// never written anywhere.
//
// Threads: functions without state.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::base {

// XXH3 with this process's seed.
std::uint64_t hash_bytes(std::string_view bytes) noexcept;
// The seed, an odd number from the system's generator.
std::uint64_t process_seed() noexcept;

// Multiplies to 128 bits and folds the halves together.
inline std::uint64_t fold_multiply(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

inline std::uint64_t load64(const char* at) noexcept {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
inline std::uint16_t load16(const char* at) noexcept {
  std::uint16_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
inline std::uint32_t load32(const char* at) noexcept {
  std::uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace pawl::base
