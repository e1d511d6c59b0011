#pragma once
// A client for tests of what a program sees: it works on the calling thread, by a clock that stands
// still, reads no environment, and keeps every payload. All that it sends goes through the oracle.
//
// Threads: that of Client; sent() and lines() from one at a time.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "support/tally.h"

namespace pawl::test {

inline Options quiet_options() {
  Options options;
  options.origin_detection = Switch::off;
  options.telemetry = Switch::off;
  options.background = Background::manual;
  options.environment = Switch::off;
  return options;
}

class MemoryClient {
 public:
  explicit MemoryClient(Options options = quiet_options(), std::size_t max_datagram_bytes = 1432)
      : transport(std::make_shared<InMemoryTransport>(max_datagram_bytes)),
        clock(std::make_shared<ManualClock>()),
        client_(make(std::move(options))) {}

  Client& operator*() { return client_; }
  Client* operator->() { return &client_; }

  // Flushes, and gives the payloads that came since they were last asked for.
  std::vector<std::string> payloads() {
    client_.flush();
    auto payloads = transport->take();
    Tally tally;
    tally.feed_all(payloads);
    for (const Refusal& refusal : tally.refusals()) FAIL_CHECK(refusal.reason);
    return payloads;
  }
  // The same, as an Agent would hold it.
  Tally sent() {
    Tally tally;
    tally.feed_all(payloads());
    return tally;
  }
  // The same, as one text.
  std::string text() {
    std::string all;
    for (const std::string& payload : payloads()) all += payload;
    return all;
  }

  const std::shared_ptr<InMemoryTransport> transport;
  const std::shared_ptr<ManualClock> clock;

 private:
  Client make(Options options) {
    options.transport = transport;
    options.clock = clock;
    auto made = Client::create(std::move(options));
    REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message));
    return std::move(*made);
  }

  Client client_;
};

}  // namespace pawl::test
