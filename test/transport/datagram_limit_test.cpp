#include "transport/datagram_limit.h"

#include <doctest/doctest.h>

namespace {

using pawl::transport::DatagramLimit;

TEST_CASE("the limit falls to what the path says it carries") {
  DatagramLimit limit{8192};
  limit.lower(8192, 1472);
  CHECK(limit.bytes() == 1472);
}

TEST_CASE("the limit halves what was refused when the path says nothing believable") {
  DatagramLimit limit{8192};
  limit.lower(8192, 0);
  CHECK(limit.bytes() == 4096);
  limit.lower(4096, 65'508);
  CHECK(limit.bytes() == 2048);
}

TEST_CASE("what the path says it carries lowers the limit, and silence does not") {
  DatagramLimit limit{8192};
  limit.note_carried(0);
  limit.note_carried(65'508);
  CHECK(limit.bytes() == 8192);
  limit.note_carried(1472);
  CHECK(limit.bytes() == 1472);
  limit.note_carried(20);
  CHECK(limit.bytes() == 512);
}

TEST_CASE("on a new way the limit is what was asked for") {
  DatagramLimit limit{8192};
  limit.lower(8192, 0);
  limit.restore();
  CHECK(limit.bytes() == 8192);
}

TEST_CASE("by refusals the limit never rises and never falls below 512") {
  DatagramLimit limit{2000};
  limit.lower(60'000, 0);
  CHECK(limit.bytes() == 2000);
  for (int i = 0; i < 20; ++i) limit.lower(limit.bytes(), 0);
  CHECK(limit.bytes() == 512);
}

TEST_CASE("a limit below 512 that was asked for stays") {
  DatagramLimit limit{128};
  limit.lower(128, 0);
  CHECK(limit.bytes() == 128);
}

}  // namespace
