// Ids in hex.

#include "base/hex.h"

#include <cstdint>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

namespace {

using pawl::base::HexText;

std::string printed(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

TEST_CASE("a number has the digits that printf gives it, in each place") {
  for (unsigned shift = 0; shift < 64; shift += 4)
    for (std::uint64_t digit = 0; digit < 16; ++digit)
      for (const std::uint64_t number : {digit << shift, ~(digit << shift)})
        CHECK(HexText{number}.view() == printed(number));
}

TEST_CASE("an id of 128 bits has its high half first") {
  CHECK(HexText{0x0123'4567'89ab'cdef, 0xfedc'ba98'7654'3210}.view() ==
        "0123456789abcdeffedcba9876543210");
}

}  // namespace
