#pragma once

// The texts, tags and numbers of an open span, as MessagePack writes them.
//
// Threads: one at a time. Errors: no memory is told.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "trace/bytes.h"
#include "trace/msgpack.h"
#include "trace/text.h"

namespace pawl::trace {

// A text of at most 100 bytes.
struct ShortText {
  std::uint8_t size = 0;
  char bytes[kMostName];

  std::string_view view() const noexcept { return {bytes, size}; }
};

// Tells the first sight of a key from a later one without a look at the entries; it may be wrong in
// one direction: what it calls new is.
class KeyFilter {
 public:
  // Tells whether the key is new, and remembers it.
  bool insert(std::string_view key) noexcept {
    const std::uint64_t hash = digest(key);
    std::uint64_t& word = words_[hash >> 62U];
    const std::uint64_t bit = std::uint64_t{1} << (hash >> 56U & 63U);
    const bool is_new = (word & bit) == 0;
    word |= bit;
    return is_new;
  }

 private:
  static std::uint64_t digest(std::string_view key) noexcept {
    const char* const bytes = key.data();
    const std::size_t size = key.size();
    std::uint64_t front = 0;
    std::uint64_t back = 0;
    if (size >= 8) {
      front = base::load64(bytes);
      back = base::load64(bytes + size - 8);
    } else if (size >= 4) {
      front = base::load32(bytes);
      back = base::load32(bytes + size - 4);
    } else if (size != 0) {
      front = static_cast<unsigned char>(bytes[0]);
      back = static_cast<std::uint64_t>(bytes[size / 2]) << 8U ^
             static_cast<unsigned char>(bytes[size - 1]);
    }
    return ((front ^ size) * 0x9e37'79b9'7f4a'7c15 ^ back) * 0xd6e8'feb8'6659'fd93;
  }

  std::array<std::uint64_t, 4> words_{};
};

// Entries of a map in MessagePack: a key's second value replaces the first.
class Entries {
 public:
  std::string_view bytes() const noexcept { return bytes_.view(); }
  std::size_t count() const noexcept { return count_; }
  // Tells whether no more may come: a span has an end, and a map's header 16 bits.
  bool is_full() const noexcept { return bytes_.size() > kMostBytes || count_ >= kMostCount; }

  // Begins with entries that are encoded already.
  bool assign(std::string_view encoded, std::size_t count) noexcept {
    bytes_.clear();
    count_ = count;
    return bytes_.append(encoded);
  }

  // Add a new key in one pass, and tell whether they did. They leave alone, for the functions
  // below, what needs more care: texts that are too long or not ASCII, reserved keys (which all
  // begin with '_'), and those that are not new.
  bool add_text(std::string_view key, std::string_view value, KeyFilter& keys) noexcept {
    if (needs_care(key) || value.size() > kMostValue) return false;
    char* to = bytes_.room(2 * msgpack::kTextHeader + key.size() + value.size());
    if (to == nullptr) return false;
    AsciiCopy copy;
    to = copy.put(msgpack::put_text_header(to, key.size()), key);
    to = copy.put(msgpack::put_text_header(to, value.size()), value);
    return add(key, copy, keys, to);
  }
  bool add_number(std::string_view key, double value, KeyFilter& keys) noexcept {
    if (needs_care(key)) return false;
    char* to = bytes_.room(msgpack::kTextHeader + key.size() + msgpack::kNumber);
    if (to == nullptr) return false;
    AsciiCopy copy;
    to = copy.put(msgpack::put_text_header(to, key.size()), key);
    return add(key, copy, keys, msgpack::put_double(to, value));
  }

  // Tells whether there was memory. REQUIRES: texts within the limits of text.h, of good UTF-8.
  bool set_text(std::string_view key, std::string_view value, bool is_new) noexcept;
  bool set_number(std::string_view key, double value, bool is_new) noexcept;

  void erase(std::string_view key) noexcept;
  void reset() noexcept {
    count_ = 0;
    bytes_.reset(kKept);
  }

 private:
  // Memory that a draft keeps for its next span.
  static constexpr std::size_t kKept = 8 << 10;
  static constexpr std::size_t kMostBytes = 256 << 10;
  static constexpr std::size_t kMostCount = 60'000;

  bool needs_care(std::string_view key) const noexcept {
    return key.size() - 1 >= kMostKey || key.front() == '_' || is_full();
  }
  // What was written counts from here on.
  bool add(std::string_view key,
           const AsciiCopy& copied,
           KeyFilter& keys,
           const char* end) noexcept {
    if (!copied.is_ascii() || !keys.insert(key)) [[unlikely]]
      return false;
    bytes_.written_to(end);
    ++count_;
    return true;
  }

  Bytes bytes_;
  std::size_t count_ = 0;
};

}  // namespace pawl::trace
