#include "transport/pacer.h"

#include <limits>

#include <doctest/doctest.h>

namespace {

using pawl::transport::Pacer;
using std::chrono::microseconds;

const Pacer::Time kStart{std::chrono::hours{1}};

TEST_CASE("a paced burst ends after 16 datagrams") {
  Pacer pacer = Pacer::bursts();
  REQUIRE(pacer.allowance(kStart) == 16);
  pacer.spend(14);
  CHECK(pacer.allowance(kStart + microseconds{10}) == 2);
  pacer.spend(2);
  CHECK(pacer.allowance(kStart + microseconds{999}) == 0);
}

TEST_CASE("the next burst may go a millisecond after the start of the last") {
  Pacer pacer = Pacer::bursts();
  pacer.spend(pacer.allowance(kStart));
  CHECK(pacer.next(kStart + microseconds{300}) == kStart + microseconds{1000});
  CHECK(pacer.allowance(kStart + microseconds{1000}) == 16);
}

TEST_CASE("what was not used in one millisecond is not added to the next") {
  Pacer pacer = Pacer::bursts();
  pacer.spend(pacer.allowance(kStart));
  CHECK(pacer.allowance(kStart + std::chrono::seconds{5}) == 16);
}

TEST_CASE("with allowance left the next datagram may go now") {
  Pacer pacer = Pacer::bursts();
  pacer.allowance(kStart);
  CHECK(pacer.next(kStart) == kStart);
}

TEST_CASE("a second of pacing lets 16,000 datagrams through and no more") {
  Pacer pacer = Pacer::bursts();
  std::size_t gone = 0;
  for (microseconds at{0}; at < std::chrono::seconds{1}; at += microseconds{50}) {
    const std::size_t allowed = pacer.allowance(kStart + at);
    pacer.spend(allowed);
    gone += allowed;
  }
  CHECK(gone == 16'000);
}

TEST_CASE("an unlimited pacer never holds back") {
  Pacer pacer = Pacer::unlimited();
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(pacer.allowance(kStart) > 1'000'000);
    pacer.spend(1000);
  }
}

TEST_CASE("a renewed pacer is of the same kind and has spent nothing") {
  Pacer pacer = Pacer::bursts();
  pacer.spend(pacer.allowance(kStart));
  CHECK(pacer.renewed().allowance(kStart) == 16);
  CHECK(Pacer::unlimited().renewed().allowance(kStart) > 1'000'000);
}

}  // namespace
