#include "llm/price_decimal.h"

#include <charconv>
#include <limits>

namespace pawl::llm {
namespace {

// Digits beyond these are worth less than half a picodollar in any number that is not too high.
constexpr std::uint64_t kManyDigits = 1'000'000'000'000'000'000;
constexpr int kDecimals = 12;  // of a picodollar

struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;  // times ten to this
  bool negative = false;
};

// An exponent that does not fit says enough: the number is 0 or beyond everything.
int read_exponent(std::string_view text) noexcept {
  constexpr int kFar = 100'000;
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  const bool fits = error == std::errc{} && exponent > -kFar && exponent < kFar;
  if (fits) return exponent;
  return !text.empty() && text.front() == '-' ? -kFar : kFar;
}

Decimal read_decimal(std::string_view text) noexcept {
  Decimal number;
  bool fraction = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '-') {
      number.negative = true;
    } else if (c == 'e' || c == 'E') {
      number.exponent += read_exponent(text.substr(i + 1));
      break;
    } else if (c < '0' || c > '9') {
      fraction = true;
    } else if (number.digits < kManyDigits / 10) {
      number.digits = number.digits * 10 + static_cast<std::uint64_t>(c - '0');
      if (fraction) --number.exponent;
    } else if (!fraction) {
      ++number.exponent;
    }
  }
  return number;
}

}  // namespace

ReadRate read_rate(std::string_view text) noexcept {
  const Decimal number = read_decimal(text);
  if (number.digits == 0) return {};
  if (number.negative) return {0, RateFault::negative};
  Picodollars rate = number.digits;
  int shift = number.exponent + kDecimals;
  for (; shift > 0; --shift) {
    if (rate > kHighestRate) return {0, RateFault::too_high};
    rate *= 10;
  }
  // The digit that is cut last decides; those before it cannot matter.
  std::uint64_t cut = 0;
  for (; shift < 0 && rate != 0; ++shift) {
    cut = rate % 10;
    rate /= 10;
  }
  if (shift < 0) cut = 0;
  if (cut >= 5) ++rate;
  if (rate > kHighestRate) return {0, RateFault::too_high};
  if (rate == 0) return {0, RateFault::too_low};
  return {rate, RateFault::none};
}

std::string usd_text(Picodollars amount) {
  std::string digits = std::to_string(amount);
  if (digits.size() <= kDecimals) digits.insert(0, kDecimals + 1 - digits.size(), '0');
  digits.insert(digits.size() - kDecimals, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace pawl::llm
