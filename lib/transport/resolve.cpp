#include "transport/resolve.h"

#include <asio/io_context.hpp>
#include <asio/ip/udp.hpp>

namespace pawl::transport {

Addresses known_addresses(const std::string& host) {
  if (host == "localhost")
    return {asio::ip::address_v4::loopback(), asio::ip::address_v6::loopback()};
  asio::error_code error;
  const auto numeric = asio::ip::make_address(host, error);
  return error ? Addresses{} : Addresses{numeric};
}

Addresses look_up(const std::string& host) {
  // Its own for each look-up: an idle one would live in every client. A blocking resolve makes no
  // descriptor and no thread of asio's.
  asio::io_context context;
  asio::ip::udp::resolver resolver{context};
  asio::error_code error;
  Addresses found;
  for (const auto& entry : resolver.resolve(host, "", asio::ip::resolver_base::flags(), error))
    found.push_back(entry.endpoint().address());
  return found;
}

}  // namespace pawl::transport
