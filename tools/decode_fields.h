#pragma once
// The `|`-separated fields behind the body of a line, for all three kinds of line.
//
// Threads: pure functions.
// Errors: a reason, which is a literal; nullptr when there is none.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tools/decode.h"

namespace pawl::tools::fields {

// Why a line is rejected, or nullptr.
using Reason = const char*;

// Reads fields into `item`, whose kind decides which there may be. `text` is empty or starts with
// `|`.
Reason decode_all(std::string_view text, Item& item);

// Gives the text before `end` and takes it, and `end`, from the front; nullopt without an `end`.
std::optional<std::string_view> take_until(std::string_view& text, char end) noexcept;

// Tell whether the text is valid UTF-8, and whether it is without CR and NUL too.
bool is_utf8(std::string_view text) noexcept;
bool is_clean_text(std::string_view text) noexcept;

// Reads digits as a number that is above 0.
std::optional<std::int64_t> read_timestamp(std::string_view text) noexcept;

// Gives the text with the two characters \n as line ends, and m\: as m:.
std::string unescape(std::string_view text);

}  // namespace pawl::tools::fields
