#pragma once

// MessagePack, as much of it as spans need: each function writes at `to` and gives the end. Numbers
// and maps take a form of fixed length, so that they can be changed where they stand.
//
//     nil c0, false c2, true c3, positive 00-7f, str a0-bf d9 da db, bin c4 c5 c6, map 80-8f de,
//     array 90-9f dd, u64 cf, i64 d3, f64 cb; all lengths and numbers big-endian
//
// Threads: functions without state.
// Source: https://github.com/msgpack/msgpack/blob/master/spec.md

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pawl::trace::msgpack {

// What the header of a text takes at the most, of a map, of a binary.
inline constexpr std::size_t kTextHeader = 5;
inline constexpr std::size_t kMapHeader = 3;
inline constexpr std::size_t kBinaryHeader = 5;
inline constexpr std::size_t kArrayHeader = 5;
inline constexpr std::size_t kNumber = 9;

inline char* put_byte(char* to, unsigned byte) noexcept {
  *to = static_cast<char>(byte);
  return to + 1;
}

template <class Word>
char* put_word(char* to, Word value) noexcept {
  static_assert(std::endian::native == std::endian::little);
  if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
  if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

inline char* put_text_header(char* to, std::size_t size) noexcept {
  if (size < 32) return put_byte(to, 0xa0U | static_cast<unsigned>(size));
  if (size < 256) return put_byte(put_byte(to, 0xd9), static_cast<unsigned>(size));
  if (size < 65'536) return put_word(put_byte(to, 0xda), static_cast<std::uint16_t>(size));
  return put_word(put_byte(to, 0xdb), static_cast<std::uint32_t>(size));
}

// Copies bytes; a short text, as most are, without the call of memcpy.
inline char* put_bytes(char* to, const char* from, std::size_t size) noexcept {
  if (size > 32) {
    std::memcpy(to, from, size);
  } else if (size >= 16) {
    std::memcpy(to, from, 16);
    std::memcpy(to + size - 16, from + size - 16, 16);
  } else if (size >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    std::memcpy(to, from, 4);
    std::memcpy(to + size - 4, from + size - 4, 4);
  } else if (size != 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return to + size;
}

inline char* put_text(char* to, std::string_view text) noexcept {
  return put_bytes(put_text_header(to, text.size()), text.data(), text.size());
}

// A literal of at most 31 bytes: all of it is known when this is compiled.
template <std::size_t kSize>
char* put_key(char* to, const char (&key)[kSize]) noexcept {
  static_assert(kSize - 1 < 32);
  *to = static_cast<char>(0xa0U | (kSize - 1));
  std::memcpy(to + 1, key, kSize - 1);
  return to + kSize;
}

inline char* put_unsigned(char* to, std::uint64_t value) noexcept {
  return put_word(put_byte(to, 0xcf), value);
}
inline char* put_signed(char* to, std::int64_t value) noexcept {
  return put_word(put_byte(to, 0xd3), static_cast<std::uint64_t>(value));
}
inline char* put_double(char* to, double value) noexcept {
  return put_word(put_byte(to, 0xcb), std::bit_cast<std::uint64_t>(value));
}
inline char* put_map(char* to, std::size_t entries) noexcept {
  return put_word(put_byte(to, 0xde), static_cast<std::uint16_t>(entries));
}
inline char* put_array(char* to, std::size_t entries) noexcept {
  return put_word(put_byte(to, 0xdd), static_cast<std::uint32_t>(entries));
}
inline char* put_binary_header(char* to, std::size_t size) noexcept {
  return put_word(put_byte(to, 0xc6), static_cast<std::uint32_t>(size));
}

// Read what the functions above wrote.

struct Text {
  std::string_view text;
  const char* end;
};

inline Text read_text(const char* at) noexcept {
  const auto byte = [at](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(at[i]));
  };
  std::size_t header = 1;
  std::size_t size = byte(0) & 0x1fU;
  if (byte(0) == 0xd9) {
    header = 2;
    size = byte(1);
  } else if (byte(0) == 0xda) {
    header = 3;
    size = byte(1) << 8U | byte(2);
  } else if (byte(0) == 0xdb) {
    header = 5;
    size = byte(1) << 24U | byte(2) << 16U | byte(3) << 8U | byte(4);
  }
  return {{at + header, size}, at + header + size};
}

// Gives the entries of a map.
inline std::size_t read_map(const char* at) noexcept {
  return static_cast<std::size_t>(static_cast<unsigned char>(at[1])) << 8U |
         static_cast<unsigned char>(at[2]);
}

}  // namespace pawl::trace::msgpack
