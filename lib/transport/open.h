#pragma once

// Makes the transport for an address. No I/O happens here: the socket is opened, and a name looked
// up, by the first send(), on the thread that calls it.

#include <cstddef>
#include <memory>

#include <pawl/transport.h>

#include "transport/address.h"

namespace pawl::transport {

inline constexpr std::size_t kUdpDatagramBytes = 1432;  // what passes every path unfragmented
inline constexpr std::size_t kUdsDatagramBytes = 8192;  // the Agent's read buffer

// `max_datagram_bytes` 0 means the default of the kind. Throws std::bad_alloc only.
std::shared_ptr<Transport> make_transport(const Address& address,
                                          std::size_t max_datagram_bytes = 0);

}  // namespace pawl::transport
