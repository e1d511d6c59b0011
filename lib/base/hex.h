#pragma once

// Ids in hex: 16 digits in lower case for each 64 bits.
//
// Threads: values.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::base {

class HexText {
 public:
  explicit HexText(std::uint64_t number) noexcept { put(number); }
  HexText(std::uint64_t high, std::uint64_t low) noexcept {
    put(high);
    put(low);
  }
  std::string_view view() const noexcept { return {digits_, size_}; }

 private:
  void put(std::uint64_t number) noexcept {
    put_half(static_cast<std::uint32_t>(number >> 32U));
    put_half(static_cast<std::uint32_t>(number));
  }
  // Eight digits at once, each in a byte of its own, of which the first is the highest.
  void put_half(std::uint32_t number) noexcept {
    static_assert(std::endian::native == std::endian::little);
    std::uint64_t digits = number;
    digits = (digits << 16U | digits) & 0x0000'ffff'0000'ffff;
    digits = (digits << 8U | digits) & 0x00ff'00ff'00ff'00ff;
    digits = (digits << 4U | digits) & 0x0f0f'0f0f'0f0f'0f0f;
    const std::uint64_t letters = (digits + 0x0606'0606'0606'0606) >> 4U & 0x0101'0101'0101'0101;
    digits += 0x3030'3030'3030'3030 + letters * ('a' - '0' - 10);
    digits = __builtin_bswap64(digits);
    std::memcpy(digits_ + size_, &digits, sizeof digits);
    size_ += sizeof digits;
  }

  char digits_[32];
  std::size_t size_ = 0;
};

}  // namespace pawl::base
