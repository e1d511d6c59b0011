#pragma once

// Ids in hex: 16 digits in lower case for each 64 bits.
//
// Threads: values.

#include <cstddef>
#include <cstdint>
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
    for (unsigned shift = 64; shift != 0; shift -= 4)
      digits_[size_++] = "0123456789abcdef"[number >> (shift - 4) & 0xfU];
  }

  char digits_[32];
  std::size_t size_ = 0;
};

}  // namespace pawl::base
