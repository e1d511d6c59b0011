#pragma once

// The port of an address, as people write it.
//
// Threads: a function without state.

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pawl::base {

// Gives the number that the digits are, 1 to 65,535; nullopt for anything else.
inline std::optional<std::uint16_t> port_of(std::string_view digits) noexcept {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, port);
  if (read.ec != std::errc{} || read.ptr != end || port == 0) return std::nullopt;
  return port;
}

}  // namespace pawl::base
