// What does a flush cost for each context that has something to send? The folding, encoding and
// queueing; the system calls of the sender are not in it.

#include <benchmark/benchmark.h>

#include "work.h"

namespace {

void flush_of_10000_counters(benchmark::State& state) {
  constexpr std::size_t kContexts = 10'000;
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  std::vector<pawl::Counter> counters;
  for (std::size_t i = 0; i < kContexts; ++i)
    counters.push_back(client.counter(bench::kName, bench::Context{i}.tags()));
  std::int64_t counted = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (const pawl::Counter& counter : counters) counter.add();
    counted += static_cast<std::int64_t>(kContexts);
    state.ResumeTiming();
    client.flush();
  }
  state.SetItemsProcessed(counted);
  bench::expect_arrived(client, static_cast<std::uint64_t>(counted), counted);
}
BENCHMARK(flush_of_10000_counters)->Unit(benchmark::kMicrosecond);

void flush_of_100000_samples(benchmark::State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const bench::Context context{1};
  const pawl::Distribution latency = client.distribution("llm.latency_ms", context.tags());
  std::uint64_t recorded = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (int i = 0; i < 100'000; ++i) latency.record(1000.0 + 0.125 * i);
    recorded += 100'000;
    state.ResumeTiming();
    client.flush();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(recorded));
  bench::expect_arrived(client, recorded, 0);
}
BENCHMARK(flush_of_100000_samples)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
