#include "tags/value_patterns.h"

#include <algorithm>
#include <array>

namespace pawl::tags {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Tells whether `count` characters of a kind stand in a row.
template <class Is>
bool has_run(std::string_view value, std::size_t count, const Is& is) noexcept {
  std::size_t run = 0;
  for (const char c : value) {
    run = is(c) ? run + 1 : 0;
    if (run == count) return true;
  }
  return false;
}

constexpr std::size_t kUuidBytes = 36;

bool is_uuid(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kUuidBytes; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool has_uuid(std::string_view value) noexcept {
  for (; value.size() >= kUuidBytes; value.remove_prefix(1))
    if (is_uuid(value)) return true;
  return false;
}

bool is_mailbox(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

// Tells whether a domain with a dot and two letters behind it begins here.
bool begins_domain(std::string_view text) noexcept {
  const auto outside = [](char c) { return !is_letter(c) && !is_digit(c) && c != '-' && c != '.'; };
  const auto end = std::find_if(text.begin(), text.end(), outside);
  const std::string_view domain{text.data(), static_cast<std::size_t>(end - text.begin())};
  for (std::size_t dot = 1; dot + 2 < domain.size(); ++dot)
    if (domain[dot] == '.' && is_letter(domain[dot + 1]) && is_letter(domain[dot + 2])) return true;
  return false;
}

bool has_email(std::string_view value) noexcept {
  for (std::size_t at = value.find('@'); at != std::string_view::npos; at = value.find('@', at + 1))
    if (at > 0 && is_mailbox(value[at - 1]) && begins_domain(value.substr(at + 1))) return true;
  return false;
}

}  // namespace

bool occurs(TagPattern pattern, std::string_view value) noexcept {
  constexpr std::size_t kLongHex = 16;
  constexpr std::size_t kLongNumber = 6;
  switch (pattern) {
    case TagPattern::uuid:
      return has_uuid(value);
    case TagPattern::long_hex:
      return has_run(value, kLongHex, is_hex);
    case TagPattern::long_number:
      return has_run(value, kLongNumber, is_digit);
    case TagPattern::email:
      return has_email(value);
  }
  return false;
}

std::size_t characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace pawl::tags
