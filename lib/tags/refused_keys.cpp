#include "tags/refused_keys.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/hash.h"

namespace pawl::tags {

namespace {

constexpr std::size_t kFirst = 2;  // beyond kNone and kOthers

// The text is UTF-8 by now, and stays it.
std::string_view beginning(std::string_view key) noexcept {
  if (key.size() <= RefusedKey::kMostBytes) return key;
  std::size_t size = RefusedKey::kMostBytes;
  while (size > 0 && (static_cast<unsigned char>(key[size]) & 0xc0) == 0x80) --size;
  return key.substr(0, size);
}

}  // namespace

RefusedKeys::RefusedKeys() noexcept { numbers_[kOthers].name = RefusedKey::of("(others)"); }

std::uint8_t RefusedKeys::number_of(std::string_view key) noexcept {
  key = beginning(key);
  const std::uint64_t hash = base::hash_bytes(key);
  const std::lock_guard lock{mutex_};
  std::size_t free = kNone;
  for (std::size_t i = kFirst; i < numbers_.size(); ++i) {
    const Number& number = numbers_[i];
    if (number.state == State::given && number.hash == hash && number.name.key() == key)
      return static_cast<std::uint8_t>(i);
    if (number.state == State::free && free == kNone) free = i;
  }
  wants_turn_ = wants_turn_ || free == kNone;
  if (free == kNone) return kOthers;
  Number& number = numbers_[free];
  number = {State::given, hash, RefusedKey::of(key), number.base};
  return static_cast<std::uint8_t>(free);
}

bool RefusedKeys::wants_turn() const noexcept {
  const std::lock_guard lock{mutex_};
  return wants_turn_;
}

void RefusedKeys::turn(const RefusedCounts& counts) noexcept {
  const std::lock_guard lock{mutex_};
  std::array<std::size_t, kRefusedNumbers - kFirst> order{};
  std::iota(order.begin(), order.end(), kFirst);
  const auto counted = [&](std::size_t i) {
    return counts[i] - std::min(numbers_[i].base, counts[i]);
  };
  // A number that is free or turned already counts nothing, and so is among the least.
  std::nth_element(
      order.begin(), order.begin() + kTurned, order.end(), [&](std::size_t a, std::size_t b) {
        return counted(a) < counted(b);
      });
  for (std::size_t i = 0; i < kTurned; ++i)
    if (Number& number = numbers_[order[i]]; number.state == State::given)
      number.state = State::turned;
  wants_turn_ = false;
}

void RefusedKeys::free_turned(const RefusedCounts& counts) noexcept {
  const std::lock_guard lock{mutex_};
  for (std::size_t i = kFirst; i < numbers_.size(); ++i)
    if (numbers_[i].state == State::turned) numbers_[i] = {State::free, 0, {}, counts[i]};
}

std::array<RefusedKey, kRefusedNumbers> RefusedKeys::between(
    const RefusedCounts& before, const RefusedCounts& now) const noexcept {
  const std::lock_guard lock{mutex_};
  std::array<RefusedKey, kRefusedNumbers> made{};
  std::uint64_t others = now[kOthers] - before[kOthers];
  for (std::size_t i = kFirst; i < numbers_.size(); ++i) {
    const std::uint64_t start = std::clamp(numbers_[i].base, before[i], now[i]);
    made[i] = numbers_[i].name;
    made[i].tags = now[i] - start;
    others += start - before[i];
  }
  made[kOthers] = numbers_[kOthers].name;
  made[kOthers].tags = others;
  return made;
}

std::array<RefusedKey, kRefusedKeys> RefusedKeys::highest(
    const RefusedCounts& counts) const noexcept {
  std::array<RefusedKey, kRefusedKeys> highest{};
  for (RefusedKey& next : between({}, counts))
    for (RefusedKey& place : highest)
      if (next.tags > place.tags) std::swap(next, place);
  return highest;
}

void RefusedKeys::start_over_in_child() noexcept {
  for (Number& number : numbers_) number.base = 0;
}

}  // namespace pawl::tags
