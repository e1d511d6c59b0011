#pragma once

// What texts may be on their way to the Agent: UTF-8, and no longer than its limits. It would cut
// and repair them itself; here it is counted.
//
// Threads: functions without state.
// Source: the Agent's pkg/trace/traceutil/normalize (lengths) and pkg/trace/agent/normalizer.

#include <cstddef>
#include <string_view>

namespace pawl::trace {

// In bytes.
inline constexpr std::size_t kMostService = 100;
inline constexpr std::size_t kMostName = 100;
inline constexpr std::size_t kMostType = 100;
inline constexpr std::size_t kMostResource = 5'000;
inline constexpr std::size_t kMostKey = 200;
inline constexpr std::size_t kMostValue = 25'000;

// Gives the longest beginning of a text that is whole characters and at most so many bytes.
std::string_view cut_text(std::string_view text, std::size_t most) noexcept;

// Tells whether there are only ASCII characters.
bool is_ascii(std::string_view text) noexcept;
// Tells whether it is UTF-8.
bool is_utf8(std::string_view text) noexcept;

// Copies a text, in which bytes that are no UTF-8 become U+FFFD, as far as whole characters of it
// have room in `most` bytes. Gives how many bytes were written.
std::size_t repair_text(char* to, std::string_view text, std::size_t most) noexcept;

}  // namespace pawl::trace
