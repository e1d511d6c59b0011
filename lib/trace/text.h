#pragma once

// What texts may be on their way to the Agent: UTF-8, and no longer than its limits. It would cut
// and repair them itself; here it is counted.
//
// Threads: functions without state.
// Source: the Agent's pkg/trace/traceutil/normalize (lengths) and pkg/trace/agent/normalizer.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.h"

namespace pawl::trace {

// In bytes.
inline constexpr std::size_t kMostService = 100;
inline constexpr std::size_t kMostName = 100;
inline constexpr std::size_t kMostType = 100;
inline constexpr std::size_t kMostResource = 5'000;
inline constexpr std::size_t kMostKey = 200;
inline constexpr std::size_t kMostValue = 25'000;

// Those of eight bytes that no ASCII character has.
inline constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

// Gives the longest beginning of a text that is whole characters and at most so many bytes.
std::string_view cut_text(std::string_view text, std::size_t most) noexcept;

// Copies texts and looks at them on the way: nearly all are short and ASCII, and one pass is enough
// for those.
class AsciiCopy {
 public:
  // Gives the end.
  char* put(char* to, std::string_view text) noexcept {
    const char* const from = text.data();
    const std::size_t size = text.size();
    if (size >= 8) {
      if (size > 32) {
        seen_ |= put_long(to, text);
        return to + size;
      }
      if (size > 16) {
        put_word(to, from, 8);
        put_word(to, from, size - 16);
      }
      put_word(to, from, 0);
      put_word(to, from, size - 8);
    } else if (size >= 4) {
      put_half(to, from, 0);
      put_half(to, from, size - 4);
    } else if (size != 0) {
      put_byte(to, from, 0);
      put_byte(to, from, size / 2);
      put_byte(to, from, size - 1);
    }
    return to + size;
  }

  // Tells whether all texts have only ASCII characters.
  bool is_ascii() const noexcept { return (seen_ & kHighBits) == 0; }

 private:
  void put_word(char* to, const char* from, std::size_t at) noexcept {
    const std::uint64_t word = base::load64(from + at);
    std::memcpy(to + at, &word, sizeof word);
    seen_ |= word;
  }
  void put_half(char* to, const char* from, std::size_t at) noexcept {
    const std::uint32_t word = base::load32(from + at);
    std::memcpy(to + at, &word, sizeof word);
    seen_ |= word;
  }
  void put_byte(char* to, const char* from, std::size_t at) noexcept {
    to[at] = from[at];
    seen_ |= static_cast<unsigned char>(from[at]);
  }
  // Apart, and without a look at `seen_`, which can so be a register. Gives what is to be added.
  static std::uint64_t put_long(char* to, std::string_view text) noexcept;

  std::uint64_t seen_ = 0;
};

// Tells whether it is UTF-8.
bool is_utf8(std::string_view text) noexcept;

// Copies a text, in which bytes that are no UTF-8 become U+FFFD, as far as whole characters of it
// have room in `most` bytes. Gives how many bytes were written.
std::size_t repair_text(char* to, std::string_view text, std::size_t most) noexcept;

}  // namespace pawl::trace
