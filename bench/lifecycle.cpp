// How long does it take to make a client, to record for the first time, which starts its threads,
// and to close it, with nothing and with 10,000 contexts to send? Wall time.

#include <chrono>
#include <optional>

#include "calls.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;
using Clock = std::chrono::steady_clock;

template <class Step>
void time_step(State& state, const Step& step) {
  const auto start = Clock::now();
  step();
  state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
}

pawl::Client client_of(const bench::Receiver& receiver) {
  return bench::make_client({.address = receiver.address()});
}

void create(State& state) {
  bench::Receiver receiver{bench::Via::uds};
  for (auto _ : state) {
    std::optional<pawl::Client> client;
    time_step(state, [&] { client.emplace(client_of(receiver)); });
    bench::expect_arrived(*client, 0);
  }
}
BENCHMARK(create)->Name("lifecycle.create")->UseManualTime()->Unit(benchmark::kMicrosecond);

void first_record(State& state) {
  bench::Receiver receiver{bench::Via::uds};
  for (auto _ : state) {
    const pawl::Client client = client_of(receiver);
    time_step(state, [&] { client.count(bench::kName); });
    bench::expect_arrived(client, 1);
  }
}
BENCHMARK(first_record)
    ->Name("lifecycle.first_record")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

void close_idle(State& state) {
  bench::Receiver receiver{bench::Via::uds};
  for (auto _ : state) {
    const pawl::Client client = client_of(receiver);
    client.count(bench::kName);
    client.flush();
    time_step(state, [&] { client.close(); });
    bench::expect_arrived(client, 1);
  }
}
BENCHMARK(close_idle)->Name("lifecycle.close")->UseManualTime()->Unit(benchmark::kMicrosecond);

void close_with_10000_contexts(State& state) {
  constexpr std::size_t kContexts = 10'000;
  const bench::Work work{kContexts};
  bench::Receiver receiver{bench::Via::uds};
  std::int64_t recorded = 0;
  for (auto _ : state) {
    const pawl::Client client = client_of(receiver);
    for (const pawl::Counter& counter : bench::counters_of(client, work)) counter.add();
    recorded += std::int64_t{kContexts};
    time_step(state, [&] { client.close(); });
    bench::expect_arrived(client, kContexts);
  }
  bench::expect(receiver.finish().counted == recorded, "the receiver's sum");
}
BENCHMARK(close_with_10000_contexts)
    ->Name("lifecycle.close.10000")
    ->UseManualTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
