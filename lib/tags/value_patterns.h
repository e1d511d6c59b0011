#pragma once

// What values look like that name one thing among very many.
//
// Threads: pure functions.

#include <cstddef>
#include <string_view>

#include <pawl/tag_policy.h>

namespace pawl::tags {

// Tells whether the pattern occurs anywhere in the value.
bool occurs(TagPattern pattern, std::string_view value) noexcept;

// Counts the characters of valid UTF-8.
std::size_t characters(std::string_view text) noexcept;

}  // namespace pawl::tags
