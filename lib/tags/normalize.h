#pragma once

// What a name and a tag may be on the wire, and how one that may not is repaired. The rules are the
// grammar that the Agent and the stricter data plane both accept, and the limits of the back end.
//
// Threads: functions without state. They allocate only in what they are given to write to.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <pawl/stats.h>

namespace pawl::tags {

inline constexpr std::size_t kMaxNameBytes = 200;
inline constexpr std::size_t kMaxTagBytes = 200;
inline constexpr std::size_t kMaxTags = 100;

// How often each repair was made in one call, and which keys were refused. A call that is looked
// into has at most kMaxTags tags, so a byte holds it; where options have more it stays at 255.
struct Repairs {
  static constexpr std::size_t kMostKeys = 7;

  std::array<std::uint8_t, kRepairs> times{};
  // The keys' numbers (RefusedKeys) in their order, 0 where there are no more; how many tags had
  // each; and how many tags had a key that found no place.
  std::array<std::uint8_t, kMostKeys> keys{};
  std::array<std::uint8_t, kMostKeys> key_times{};
  std::uint8_t more_keys = 0;

  void note(Repair repair) noexcept {
    auto& count = times[static_cast<std::size_t>(repair)];
    if (count < 255) ++count;
  }
  void note_key(std::uint8_t number) noexcept;
  bool made(Repair repair) const noexcept { return times[static_cast<std::size_t>(repair)] != 0; }
  bool any() const noexcept { return *this != Repairs{}; }
  friend bool operator==(const Repairs&, const Repairs&) = default;
};

// Appends a metric's name: bytes outside [A-Za-z0-9_.] become `_`, and what stands before the first
// letter is cut (the back end would cut it). Tells whether a name was left; `out` is then at most
// kMaxNameBytes long.
bool append_name(std::string& out,
                 std::string_view prefix,
                 std::string_view name,
                 Repairs& repairs);

// Appends `key:value` (or the one that is not empty), repaired and cut to kMaxTagBytes. Tells
// whether there was anything to append.
bool append_tag(std::string& out, std::string_view key, std::string_view value, Repairs& repairs);

// Appends text in which the bytes that would end a field or a line (control bytes, `|`), and
// invalid UTF-8, are `_`, and those of `also` too. Tells whether any was replaced.
bool append_clean(std::string& out, std::string_view text, std::string_view also);

// Tells whether the Agent would obey a tag instead of storing it.
bool is_reserved(std::string_view tag) noexcept;

// Gives a key as the back end stores it, which does not tell `User ID` from `user_id`: ASCII
// letters in lower case, and `_` for ASCII bytes that are no letter, digit, `_`, `-`, `.` or `/`
// (docs.datadoghq.com, "Getting started with tags").
std::string folded_key(std::string_view key);

// Gives the part of a tag before its first colon.
std::string_view key_of(std::string_view tag) noexcept;

}  // namespace pawl::tags
