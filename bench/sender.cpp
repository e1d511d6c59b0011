// How many datagrams of about 1,400 bytes go out in a second of wall time, over UDP, which is
// paced, and over a Unix socket, which says itself when it is full; and what CPU time does the
// sending thread spend on each? Beside it, raw sendto of as many bytes. Events are recorded,
// because one fills a datagram and is encoded in no time.

#include <array>
#include <chrono>
#include <string>

#include "calls.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr int kDatagrams = 500;
constexpr std::size_t kTextBytes = 1'340;
constexpr std::chrono::seconds kPatience{10};

void client(State& state, bench::Via via) {
  bench::Receiver receiver{via};
  const pawl::Client client = bench::make_client({.address = receiver.address(),
                                                  .max_datagram_bytes = 1'432,
                                                  .background = pawl::Background::manual});
  const std::string text(kTextBytes, 'x');
  const std::array<pawl::Tag, 1> tags{{{"env", "prod"}}};
  std::uint64_t recorded = 0;
  while (state.KeepRunningBatch(kDatagrams)) {
    state.PauseTiming();
    for (int i = 0; i < kDatagrams; ++i)
      client.event({.title = "deploy", .text = text, .tags = tags});
    recorded += kDatagrams;
    state.ResumeTiming();
    bench::expect(client.flush(kPatience), "a flush ended too early");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(recorded));
  bench::expect_arrived(client, recorded, 0);
  bench::expect(client.stats().traffic.packets_sent == recorded, "one event a datagram");
  const std::uint64_t arrived = receiver.finish().datagrams;
  bench::expect(via == bench::Via::udp || arrived == recorded, "the receiver's datagrams");
  state.counters["lost"] = 1.0 - static_cast<double>(arrived) / static_cast<double>(recorded);
}
BENCHMARK_CAPTURE(client, udp, bench::Via::udp)->Name("sender.udp")->UseRealTime();
BENCHMARK_CAPTURE(client, uds, bench::Via::uds)->Name("sender.uds")->UseRealTime();

void raw_sendto(State& state, bench::Via via) {
  bench::Receiver receiver{via};
  const bench::Socket socket{receiver};
  const std::string datagram(kTextBytes + 30, 'x');
  for (auto _ : state) socket.send(datagram);
  const auto sent = static_cast<std::uint64_t>(state.iterations());
  state.SetItemsProcessed(state.iterations());
  const std::uint64_t arrived = receiver.finish().datagrams;
  bench::expect(via == bench::Via::udp || arrived == sent, "the receiver's datagrams");
  state.counters["lost"] = 1.0 - static_cast<double>(arrived) / static_cast<double>(sent);
}
BENCHMARK_CAPTURE(raw_sendto, udp, bench::Via::udp)->Name("raw.sendto.udp")->UseRealTime();
BENCHMARK_CAPTURE(raw_sendto, uds, bench::Via::uds)->Name("raw.sendto.uds")->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
