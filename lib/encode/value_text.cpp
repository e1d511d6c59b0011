#include "encode/value_text.h"

#include <bit>
#include <charconv>
#include <cmath>

namespace pawl::encode {
namespace {

// All that a double holds exactly.
constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                            1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                            1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// number * 10^exponent, correctly rounded: both are exact. REQUIRES: |exponent| <= 22.
double scaled(double number, int exponent) noexcept {
  return exponent < 0 ? number / kPowers[static_cast<std::size_t>(-exponent)]
                      : number * kPowers[static_cast<std::size_t>(exponent)];
}

// From the binary exponent, 1233 / 4096 being the logarithm of 2, because std::log10 would take
// most of a rounding's time. Between powers of two it is one too little or right.
int decimal_exponent(double magnitude) noexcept {
  const auto binary = static_cast<int>(std::bit_cast<std::uint64_t>(magnitude) >> 52) - 1023;
  const int decimal = (binary * 1233) >> 12;
  return magnitude >= scaled(1.0, decimal + 1) ? decimal + 1 : decimal;
}

class Writer {
 public:
  explicit Writer(ValueText& text) noexcept : begin_(text.bytes.data()), at_(begin_) { put(':'); }
  void put(char c) noexcept { *at_++ = c; }
  void put_zeros(int count) noexcept {
    for (; count > 0; --count) put('0');
  }
  void put(const char* digits, int count) noexcept {
    for (int i = 0; i < count; ++i) put(digits[i]);
  }
  void put_number(int number) noexcept { at_ = std::to_chars(at_, at_ + 4, number).ptr; }
  std::uint8_t size() const noexcept { return static_cast<std::uint8_t>(at_ - begin_); }

 private:
  char* const begin_;
  char* at_;
};

// Writes digits * 10^exponent in the shortest of its forms: 1200, 12e5, 1.2, 0.0012, 12e-7.
void write(Writer& out, const char* digits, int count, int exponent) noexcept {
  const int whole = count + exponent;  // digits before the point
  if (exponent == 0 || (whole > 0 && exponent < 0)) {
    out.put(digits, whole);
    if (exponent == 0) return;
    out.put('.');
    return out.put(digits + whole, -exponent);
  }
  if (exponent > 0 && exponent <= 2) {
    out.put(digits, count);
    return out.put_zeros(exponent);
  }
  if (exponent < 0 && whole >= -1) {
    out.put("0.", 2);
    out.put_zeros(-whole);
    return out.put(digits, count);
  }
  out.put(digits, count);
  out.put('e');
  out.put_number(exponent);
}

}  // namespace

ValueText text_of(double value) noexcept {
  ValueText text;
  text.bytes[0] = ':';
  char* const end = text.bytes.data() + text.bytes.size();
  const char* const written = std::to_chars(text.bytes.data() + 1, end, value).ptr;
  text.size = static_cast<std::uint8_t>(written - text.bytes.data());
  return text;
}

bool has_short_decimals(double value) noexcept {
  const double magnitude = std::fabs(value);
  return magnitude > 1e-13 && magnitude < 1e22;
}

ShortDecimal round_to(double value, int digits) noexcept {
  const double magnitude = std::fabs(value);
  const int exponent = decimal_exponent(magnitude) + 1 - digits;
  const auto whole = static_cast<std::uint32_t>(2 * scaled(magnitude, -exponent) + 1) / 2;
  return {std::copysign(scaled(whole, exponent), value), whole, exponent};
}

ValueText text_of(const ShortDecimal& number) noexcept {
  std::uint32_t whole = number.whole;
  int exponent = number.exponent;
  for (; whole % 10 == 0 && whole != 0; whole /= 10) ++exponent;
  std::array<char, 10> written;
  const char* const end = std::to_chars(written.data(), written.data() + written.size(), whole).ptr;
  ValueText text;
  Writer out{text};
  if (number.value < 0) out.put('-');
  write(out, written.data(), static_cast<int>(end - written.data()), exponent);
  text.size = out.size();
  return text;
}

}  // namespace pawl::encode
