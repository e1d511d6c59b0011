// What flush() tells, and when a flush comes by itself.

#include <chrono>
#include <limits>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::SendStatus;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

TEST_CASE("flush tells that the kernel has all of it") {
  MemoryClient client;
  client->count("a");
  CHECK(client->flush());
}

TEST_CASE("flush does not tell so when something was dropped") {
  MemoryClient client;
  client.transport->behave(SendStatus::failed);
  client->count("a");
  CHECK_FALSE(client->flush(100ms));
  CHECK(client->stats().dropped.total().samples == 1);
}

TEST_CASE("flush does not tell so when a line was too long to send") {
  MemoryClient client;
  client->set("a", std::string(1'500, 'x'));
  CHECK_FALSE(client->flush());
}

TEST_CASE("a close that may take for ever does not end at once") {
  MemoryClient client;
  client->count("a");
  CHECK_FALSE(client->close(std::chrono::milliseconds::max()));
  CHECK(client->stats().handed_to_kernel.samples == 1);
}

TEST_CASE("a transport that names no limit gets datagrams that the Agent can read") {
  MemoryClient client{quiet_options(), std::numeric_limits<std::size_t>::max()};
  for (int i = 0; i < 20'000; ++i) client->set("a", std::to_string(i));
  CHECK(client->flush());
  for (const std::string& payload : client.transport->take()) CHECK(payload.size() <= 65'507);
}

}  // namespace
