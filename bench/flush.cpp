// What does a flush cost for each of 10,000 counters that has something to send: the folding, the
// encoding and, where a socket stands at the end, the sending, which the flushing thread does here?
// CPU time of that thread; the receiver has one of its own. Beside it, what the mutex and map need.

#include <chrono>

#include "calls.h"
#include "mutex_map.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::size_t kContexts = 10'000;
constexpr auto kEachOnce = static_cast<std::int64_t>(kContexts);
constexpr std::size_t kDatagramBytes = 8192;
constexpr std::chrono::seconds kPatience{10};

// Gives the sum that was counted.
std::int64_t flush_counters(State& state, const pawl::Client& client, const bench::Work& work) {
  const auto counters = bench::counters_of(client, work);
  std::int64_t counted = 0;
  const auto add = [&] {
    for (const pawl::Counter& counter : counters) counter.add();
    counted += kEachOnce;
  };
  add();
  client.flush(kPatience);
  while (state.KeepRunningBatch(kContexts)) {
    state.PauseTiming();
    add();
    state.ResumeTiming();
    bench::expect(client.flush(kPatience), "a flush ended too early");
  }
  return counted;
}

void into_sink(State& state) {
  const bench::Work work{kContexts};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const std::int64_t counted = flush_counters(state, client, work);
  bench::expect_arrived(client, static_cast<std::uint64_t>(counted), counted);
}
BENCHMARK(into_sink)->Name("flush.counter_context.sink");

// UDP may lose what a reader is too slow for, even though it is paced; a Unix socket may not.
void into_socket(State& state, bench::Via via) {
  const bench::Work work{kContexts};
  bench::Receiver receiver{via};
  const pawl::Client client =
      bench::make_client({.address = receiver.address(), .background = pawl::Background::manual});
  const std::int64_t counted = flush_counters(state, client, work);
  bench::expect_arrived(client, static_cast<std::uint64_t>(counted), counted);
  const std::int64_t arrived = receiver.finish().counted;
  bench::expect(via == bench::Via::udp || arrived == counted, "the receiver's sum");
}
BENCHMARK_CAPTURE(into_socket, uds, bench::Via::uds)->Name("flush.counter_context.uds");
BENCHMARK_CAPTURE(into_socket, udp, bench::Via::udp)->Name("flush.counter_context.udp");

void mutex_map(State& state) {
  const bench::Work work{kContexts};
  bench::Receiver receiver{bench::Via::uds};
  const bench::Socket socket{receiver};
  bench::MutexMap map;
  std::int64_t counted = 0;
  while (state.KeepRunningBatch(kContexts)) {
    state.PauseTiming();
    for (std::size_t i = 0; i < kContexts; ++i) map.count(bench::kName, 1, work.context(i));
    counted += kEachOnce;
    state.ResumeTiming();
    map.flush(kDatagramBytes, [&](std::string_view datagram) { socket.send(datagram); });
  }
  bench::expect(receiver.finish().counted == counted, "the receiver's sum");
}
BENCHMARK(mutex_map)->Name("mutex_map.flush.uds");

// 100,000 samples of one context, a sample; no two of them are equal.
void samples(State& state) {
  constexpr int kSamples = 100'000;
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const bench::Work work{1};
  const pawl::Distribution latency = client.distribution("llm.latency_ms", work.context(0));
  std::uint64_t recorded = 0;
  while (state.KeepRunningBatch(kSamples)) {
    state.PauseTiming();
    for (int i = 0; i < kSamples; ++i) latency.record(1000.0 + 0.125 * i);
    recorded += kSamples;
    state.ResumeTiming();
    bench::expect(client.flush(kPatience), "a flush ended too early");
  }
  bench::expect_arrived(client, recorded, 0);
}
BENCHMARK(samples)->Name("flush.sample.sink");

}  // namespace

BENCHMARK_MAIN();
