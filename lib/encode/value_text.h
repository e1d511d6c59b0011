#pragma once

// A value as it stands in a packed line: ':' and the number.
//
// Threads: values and functions without state.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pawl::encode {

struct ValueText {
  std::array<char, 31> bytes;  // ':' and the longest double take 25
  std::uint8_t size;

  std::string_view view() const noexcept { return {bytes.data(), size}; }
};

// Gives the shortest text that reads back as the value.
ValueText text_of(double value) noexcept;

// A number of few digits: what whole * 10^exponent reads back as, or less than zero.
struct ShortDecimal {
  double value;
  std::uint32_t whole;
  int exponent;
};

// Rounds to so many significant digits, 1 to 8. REQUIRES: has_short_decimals(value).
ShortDecimal round_to(double value, int digits) noexcept;
// Gives its shortest text.
ValueText text_of(const ShortDecimal& number) noexcept;
// Tells whether powers of ten that a double holds exactly are enough to round it.
bool has_short_decimals(double value) noexcept;

}  // namespace pawl::encode
