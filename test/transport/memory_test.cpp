#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/transport.h>

#include "transport/datagrams.h"

namespace {

using pawl::InMemoryTransport;
using pawl::SendStatus;
using pawl::test::send_one;
using Strings = std::vector<std::string>;

TEST_CASE("an in-memory transport keeps the payloads until they are taken") {
  InMemoryTransport transport;
  const std::string_view two[] = {"a:1|c\n", "b:1|c\nc:2|c\n"};
  const pawl::SendResult result = transport.send(two);
  CHECK(result.sent == 2);
  CHECK(result.status == SendStatus::sent);
  CHECK(transport.take() == Strings{"a:1|c\n", "b:1|c\nc:2|c\n"});
  CHECK(transport.take().empty());
}

TEST_CASE("an in-memory transport gives the lines without their ends") {
  InMemoryTransport transport;
  send_one(transport, "a:1|c\nb:2|g\n");
  send_one(transport, "c:3|c");
  CHECK(transport.take_lines() == Strings{"a:1|c", "b:2|g", "c:3|c"});
}

TEST_CASE("an in-memory transport answers what it was told and takes nothing then") {
  InMemoryTransport transport;
  for (const SendStatus status : {SendStatus::would_block,
                                  SendStatus::unreachable,
                                  SendStatus::too_large,
                                  SendStatus::failed}) {
    transport.behave(status);
    const pawl::SendResult result = send_one(transport, "a");
    CHECK(result.sent == 0);
    CHECK(result.status == status);
  }
  transport.behave(SendStatus::sent);
  CHECK(send_one(transport, "b").sent == 1);
  CHECK(transport.take() == Strings{"b"});
}

TEST_CASE("an in-memory transport has the limit it was made with") {
  CHECK(InMemoryTransport{}.max_datagram_bytes() == 1432);
  CHECK(InMemoryTransport{8192}.max_datagram_bytes() == 8192);
}

}  // namespace
