#include "transport/open.h"

#include "transport/udp.h"
#include "transport/uds.h"

namespace pawl::transport {

std::shared_ptr<Transport> make_transport(const Address& address, std::size_t max_datagram_bytes) {
  const bool udp = address.kind == Address::Kind::udp;
  if (max_datagram_bytes == 0) max_datagram_bytes = udp ? kUdpDatagramBytes : kUdsDatagramBytes;
  if (udp) return std::make_shared<Udp>(address.host, address.port, max_datagram_bytes);
  return std::make_shared<Uds>(address.kind, address.path, max_datagram_bytes);
}

}  // namespace pawl::transport
