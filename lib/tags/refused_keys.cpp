#include "tags/refused_keys.h"

#include <utility>

#include "base/hash.h"

namespace pawl::tags {

namespace {

// The text is UTF-8 by now, and stays it.
std::string_view beginning(std::string_view key) noexcept {
  if (key.size() <= RefusedKey::kMostBytes) return key;
  std::size_t size = RefusedKey::kMostBytes;
  while (size > 0 && (static_cast<unsigned char>(key[size]) & 0xc0) == 0x80) --size;
  return key.substr(0, size);
}

}  // namespace

RefusedKeys::RefusedKeys() noexcept : size_(2) { names_[kOthers] = RefusedKey::of("(others)"); }

std::uint8_t RefusedKeys::find(std::uint64_t hash, std::string_view key) const noexcept {
  const std::size_t size = size_.load(std::memory_order_acquire);
  for (std::size_t i = 2; i < size; ++i)
    if (hashes_[i] == hash && names_[i].key() == key) return static_cast<std::uint8_t>(i);
  return size == kRefusedNumbers ? kOthers : kNone;
}

std::uint8_t RefusedKeys::number_of(std::string_view key) noexcept {
  key = beginning(key);
  const std::uint64_t hash = base::hash_bytes(key);
  if (const std::uint8_t known = find(hash, key)) return known;
  const std::lock_guard lock{mutex_};
  if (const std::uint8_t known = find(hash, key)) return known;
  const std::size_t number = size_.load(std::memory_order_relaxed);
  hashes_[number] = hash;
  names_[number] = RefusedKey::of(key);
  size_.store(number + 1, std::memory_order_release);
  return static_cast<std::uint8_t>(number);
}

std::array<RefusedKey, kRefusedKeys> RefusedKeys::highest(
    const RefusedCounts& counts) const noexcept {
  // A count may be of a key that came after the size was read: the next look has it.
  const std::size_t size = size_.load(std::memory_order_acquire);
  std::array<RefusedKey, kRefusedKeys> highest{};
  for (std::size_t number = 1; number < size; ++number) {
    RefusedKey next = names_[number];
    next.tags = counts[number];
    for (RefusedKey& place : highest)
      if (next.tags > place.tags) std::swap(next, place);
  }
  return highest;
}

}  // namespace pawl::tags
