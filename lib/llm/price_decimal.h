#pragma once

// Decimal text to picodollars and back, without a double in between.
//
// Threads: functions without state.

#include <string>
#include <string_view>

#include "llm/price_rates.h"

namespace pawl::llm {

enum class RateFault : std::uint8_t { none, negative, too_high, too_low };

struct ReadRate {
  Picodollars rate = 0;
  RateFault fault = RateFault::none;
};

// Reads a JSON number, in dollars a token, to the nearest picodollar; halves go up. Whatever stands
// between the digits is taken for the decimal point: the parser of the file puts the host's there.
// REQUIRES: a number by JSON's grammar, but for the point.
ReadRate read_rate(std::string_view number) noexcept;

// Gives dollars, without exponent or trailing zeros.
std::string usd_text(Picodollars amount);

}  // namespace pawl::llm
