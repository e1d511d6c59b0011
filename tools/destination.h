#pragma once
// Where a client sends that was made with an address, as far as its text tells: the address, else
// the environment, else an Agent's usual place, in the order of Options::address.
//
// Threads: the environment is read by the caller.
// Errors: none; what the text says wrong, Client::create tells.

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::tools {

// Gives the address as it was written, where it was written.
std::string destination(std::string_view address);

// Tells whether the host is a name that only a look-up knows.
bool may_be_looked_up(std::string_view destination);

// Gives the payload limit that a client has there when Options::max_datagram_bytes is 0.
std::size_t datagram_limit(std::string_view destination) noexcept;

}  // namespace pawl::tools
