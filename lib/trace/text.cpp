#include "trace/text.h"

#include <cstdint>
#include <cstring>

#include "base/hash.h"
#include "base/utf8.h"

namespace pawl::trace {

namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

}  // namespace

std::string_view cut_text(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  // A character has at most three bytes that continue it: more of them are no character.
  std::size_t size = most;
  while (size > 0 && most - size < 3 && continues(text[size])) --size;
  return text.substr(0, continues(text[size]) ? most : size);
}

std::uint64_t AsciiCopy::put_long(char* to, std::string_view text) noexcept {
  const std::size_t last = text.size() - 8;
  std::uint64_t seen = base::load64(text.data() + last);
  for (std::size_t at = 0; at < last; at += 8) seen |= base::load64(text.data() + at);
  std::memcpy(to, text.data(), text.size());
  return seen;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const bool is_ascii = text.size() >= 8 && (base::load64(text.data()) & kHighBits) == 0;
    const std::size_t size = is_ascii ? 8 : base::character_at(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::size_t repair_text(char* to, std::string_view text, std::size_t most) noexcept {
  std::size_t written = 0;
  while (!text.empty()) {
    const std::size_t size = base::character_at(text);
    const std::string_view piece = size == 0 ? kReplacement : text.substr(0, size);
    if (piece.size() > most - written) break;
    std::memcpy(to + written, piece.data(), piece.size());
    written += piece.size();
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return written;
}

}  // namespace pawl::trace
