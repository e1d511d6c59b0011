// Where a client says that it sends.

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Client;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;

TEST_CASE("a client tells the URL and the limit of where it sends") {
  auto options = quiet_options();
  options.address = "[::1]:9125";
  const auto udp = Client::create(options);
  REQUIRE(udp);
  CHECK(udp->destination() == "udp://[::1]:9125");
  CHECK(udp->max_datagram_bytes() == 1432);
  options.address = "unix:///nowhere/dsd.socket";
  const auto uds = Client::create(options);
  REQUIRE(uds);
  CHECK(uds->destination() == "unix:///nowhere/dsd.socket");
  CHECK(uds->max_datagram_bytes() == 8192);
}

TEST_CASE("a transport of the program's own is named by its own word") {
  MemoryClient client;
  CHECK(client->destination() == "memory");
  CHECK(Client::null().destination().empty());
}

}  // namespace
