#include "base/hash.h"

#include <chrono>
#include <random>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pawl::base {

namespace {

std::uint64_t make_seed() noexcept {
  try {
    std::random_device device;
    return (std::uint64_t{device()} << 32 | device()) | 1;
  } catch (...) {
    // No generator to be had (a sandbox without /dev/urandom): the time is hard enough to guess.
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) |
           1;
  }
}

}  // namespace

std::uint64_t process_seed() noexcept {
  static const std::uint64_t kSeed = make_seed();
  return kSeed;
}

std::uint64_t hash_bytes(std::string_view bytes) noexcept {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), process_seed());
}

}  // namespace pawl::base
