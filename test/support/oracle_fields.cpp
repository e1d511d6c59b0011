#include "support/oracle_fields.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

#include "support/oracle.h"

namespace pawl::test::oracle {
namespace {

constexpr std::size_t kMaxNameBytes = 200;
constexpr std::size_t kMaxTagBytes = 200;
constexpr std::size_t kMaxTags = 100;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

template <typename Allowed>
std::string only(std::string_view what, std::string_view text, Allowed allowed) {
  if (text.empty()) refuse(what, "is empty");
  if (!std::all_of(text.begin(), text.end(), allowed)) refuse(what, printable(text));
  return std::string(text);
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// -?[0-9]+(.[0-9]+)?([eE][+-]?[0-9]+)? : the numbers that Go's, Rust's and C's parsers read alike.
bool is_decimal(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  std::size_t end = skip_digits(text, at);
  if (end == at) return false;
  if (end < text.size() && text[end] == '.') {
    at = end + 1;
    end = skip_digits(text, at);
    if (end == at) return false;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    at = end + 1;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    end = skip_digits(text, at);
    if (end == at) return false;
  }
  return end == text.size();
}

std::string tag(std::string_view text) {
  if (text.empty()) refuse("tag", "is empty");
  if (text.size() > kMaxTagBytes) refuse("tag longer than 200 bytes", printable(text));
  constexpr std::string_view kForbidden("|,#\n\r\0", 6);
  if (text.find_first_of(kForbidden) != text.npos) refuse("tag", printable(text));
  if (!is_utf8(text)) refuse("tag not UTF-8", printable(text));
  return std::string(text);
}

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The second byte's range rules out overlong forms, surrogates and code points above U+10FFFF.
bool second_byte_fits(unsigned char lead, unsigned char second) {
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

bool is_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.size() > 1 && !second_byte_fits(byte(0), byte(1))) return false;
  for (std::size_t i = 2; i < text.size(); ++i) {
    if ((byte(i) & 0xC0) != 0x80) return false;
  }
  return true;
}

Field field(std::string_view text,
            std::initializer_list<std::string_view> prefixes,
            std::size_t& next_rank) {
  std::size_t rank = 0;
  for (const std::string_view prefix : prefixes) {
    if (text.starts_with(prefix)) {
      if (rank < next_rank) refuse("field repeated or out of order", printable(text));
      next_rank = rank + 1;
      return {prefix, text.substr(prefix.size())};
    }
    ++rank;
  }
  refuse("unknown field", printable(text));
}

}  // namespace

void refuse(std::string_view what, std::string_view text) {
  throw Refused{std::string(what) + ": " + std::string(text)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == text.npos) return parts;
    begin = end + 1;
  }
}

std::vector<Field> fields(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  std::vector<Field> found;
  if (text.empty()) return found;
  if (text.front() != '|') refuse("expected '|' before", printable(text));
  std::size_t next_rank = 0;
  for (const std::string_view part : split(text.substr(1), '|')) {
    found.push_back(field(part, prefixes, next_rank));
  }
  return found;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = sequence_length(static_cast<unsigned char>(text.front()));
    if (length == 0 || length > text.size()) return false;
    if (!is_character(text.substr(0, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string metric_name(std::string_view text) {
  std::string name = only("metric name", text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '.';
  });
  if (!is_letter(name.front())) refuse("metric name does not begin with a letter", name);
  if (name.size() > kMaxNameBytes) refuse("metric name longer than 200 bytes", name);
  return name;
}

double finite_number(std::string_view text) {
  if (!is_decimal(text)) refuse("not a decimal number", printable(text));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) refuse("number", printable(text));
  return number;
}

double sample_rate(std::string_view text) {
  const double rate = finite_number(text);
  if (!(rate > 0 && rate <= 1)) refuse("rate outside (0, 1]", text);
  return rate;
}

std::int64_t unix_seconds(std::string_view text) {
  const std::string digits = only("timestamp", text, is_digit);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (error != std::errc() || end != digits.data() + digits.size()) refuse("timestamp", digits);
  if (seconds < 1 || digits.front() == '0') refuse("timestamp", digits);
  return seconds;
}

std::vector<std::string> tags(std::string_view text) {
  std::vector<std::string> found;
  for (const std::string_view part : split(text, ',')) found.push_back(tag(part));
  if (found.size() > kMaxTags) refuse("more than 100 tags", std::to_string(found.size()));
  return found;
}

std::string local_data(std::string_view text) {
  return only(
      "c:", text, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == ','; });
}

std::string external_data(std::string_view text) {
  return only(
      "e:", text, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == ','; });
}

std::string cardinality(std::string_view text) {
  return one_of("card:", text, {"none", "low", "orchestrator", "high"});
}

std::string plain_word(std::string_view what, std::string_view text) {
  return only(what, text, [](char c) {
    return is_letter(c) || is_digit(c) || c == ' ' || c == '_' || c == '-' || c == '.';
  });
}

std::string one_of(std::string_view what,
                   std::string_view text,
                   std::initializer_list<std::string_view> allowed) {
  if (std::find(allowed.begin(), allowed.end(), text) == allowed.end()) {
    refuse(what, printable(text));
  }
  return std::string(text);
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string replaced;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(from, at);
    replaced += text.substr(at, found - at);
    if (found == text.npos) return replaced;
    replaced += to;
    at = found + from.size();
  }
}

}  // namespace pawl::test::oracle
