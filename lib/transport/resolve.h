#pragma once

// From a host to its addresses.
//
// Threads: stateless. Cost: a name costs a look-up that may take seconds, so only the sender's
// thread asks. Errors: a host that cannot be resolved has no addresses.

#include <functional>
#include <string>
#include <vector>

#include <asio/ip/address.hpp>

namespace pawl::transport {

using Addresses = std::vector<asio::ip::address>;
using Resolver = std::function<Addresses(const std::string& host)>;

// Gives the addresses of a host that needs no look-up: a numeric one, or `localhost`, which is both
// loopbacks (RFC 6761), IPv4 first because there the Agent binds it. Empty for other names.
Addresses known_addresses(const std::string& host);

// Asks the system.
Addresses look_up(const std::string& host);

}  // namespace pawl::transport
