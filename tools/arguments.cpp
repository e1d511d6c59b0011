#include "tools/arguments.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace pawl::tools {
namespace {

using std::string_view;

Error refused(string_view text, string_view expected) {
  return Error{"\"" + printable(text, 100) + "\" is not " + std::string{expected}};
}

// Reads a number that fills the whole text; from_chars knows no locale.
template <class Number>
bool read_whole_text(string_view text, Number& number) {
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  return error == std::errc{} && end == last;
}

struct Unit {
  string_view name;
  double milliseconds;
};

// "ms" before "s": the first unit that ends the text is taken.
constexpr std::array<Unit, 4> kUnits{{{"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};
constexpr double kYear = 365 * 24 * 3600e3;

bool ends_with(string_view text, string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_plain(unsigned char byte) { return byte >= 0x20 && byte < 0x7F; }

void append_escaped(std::string& out, unsigned char byte) {
  if (byte == '\n') {
    out += "\\n";
    return;
  }
  constexpr string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 15U];
}

}  // namespace

int complain(string_view message, ExitCode code) {
  const std::string line = "pawl: " + printable(message, 1000) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
  return code;
}

Result<std::chrono::milliseconds> parse_duration(string_view text) {
  for (const Unit& unit : kUnits) {
    if (!ends_with(text, unit.name)) continue;
    double amount = 0;
    const string_view number = text.substr(0, text.size() - unit.name.size());
    if (!read_whole_text(number, amount)) break;
    const double total = std::round(amount * unit.milliseconds);
    if (!(total >= 1 && total <= kYear)) break;
    return std::chrono::milliseconds{static_cast<std::int64_t>(total)};
  }
  return refused(text, "a duration such as 500ms, 10s or 2m");
}

Result<std::int64_t> parse_whole(string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t number = 0;
  if (read_whole_text(text, number) && number >= low && number <= high) return number;
  const bool open = high == std::numeric_limits<std::int64_t>::max();
  const std::string range =
      open ? "a whole number from " + std::to_string(low)
           : "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  return refused(text, range);
}

Result<double> parse_number(string_view text) {
  double number = 0;
  if (read_whole_text(text, number) && std::isfinite(number)) return number;
  return refused(text, "a number");
}

std::size_t utf8_length(string_view text) noexcept {
  const auto byte = [text](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2 || !follows(1)) return 0;
  if (first < 0xE0) return 2;
  if (!follows(2)) return 0;
  // Overlong forms, surrogates and what lies beyond U+10FFFF are told by the second byte.
  if (first < 0xF0) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    return overlong || (first == 0xED && byte(1) >= 0xA0) ? 0 : 3;
  }
  if (first > 0xF4 || !follows(3)) return 0;
  return (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90) ? 0 : 4;
}

std::string printable(string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty() && out.size() < max_bytes) {
    std::size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    // U+0080 to U+009F are control characters as well: C2 80 to C2 9F.
    const bool c1 = length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (is_plain(first) || (length > 1 && !c1)) {
      out += text.substr(0, length);
    } else {
      length = 1;
      append_escaped(out, first);
    }
    text.remove_prefix(length);
  }
  return text.empty() ? out : out + "...";
}

}  // namespace pawl::tools
