// What does a record through a bound handle cost, beside a raw add to a thread-local and a shared
// atomic?

#include <atomic>

#include <benchmark/benchmark.h>

#include "work.h"

namespace {

constinit thread_local std::uint64_t t_sum = 0;

void raw_thread_local_add(benchmark::State& state) {
  for (auto _ : state) {
    ++t_sum;
    benchmark::ClobberMemory();
  }
}
BENCHMARK(raw_thread_local_add);

void raw_shared_atomic_add(benchmark::State& state) {
  static std::atomic<std::uint64_t> sum{0};
  for (auto _ : state) sum.fetch_add(1, std::memory_order_relaxed);
}
BENCHMARK(raw_shared_atomic_add);

void counter_add(benchmark::State& state) {
  const bench::Context context{1};
  const pawl::Client client = bench::make_client();
  const pawl::Counter counter = client.counter(bench::kName, context.tags());
  for (auto _ : state) {
    counter.add(2);
    benchmark::ClobberMemory();
  }
  const auto calls = static_cast<std::uint64_t>(state.iterations());
  bench::expect_arrived(client, calls, static_cast<std::int64_t>(2 * calls));
}
BENCHMARK(counter_add);

// With the moving of full rings by the recording thread, and the background's draining beside it;
// few enough calls for the samples to fit into memory.
void distribution_record(benchmark::State& state) {
  const bench::Context context{1};
  const pawl::Client client = bench::make_client();
  const pawl::Distribution distribution = client.distribution(bench::kName, context.tags());
  for (auto _ : state) {
    distribution.record(12.5);
    benchmark::ClobberMemory();
  }
  bench::expect_arrived(client, static_cast<std::uint64_t>(state.iterations()), 0);
}
BENCHMARK(distribution_record)->Iterations(400'000);

void gauge_set(benchmark::State& state) {
  const bench::Context context{1};
  const pawl::Client client = bench::make_client();
  const pawl::Gauge gauge = client.gauge(bench::kName, context.tags());
  for (auto _ : state) gauge.set(12.5);
  bench::expect_arrived(client, static_cast<std::uint64_t>(state.iterations()), 0);
}
BENCHMARK(gauge_set);

void set_insert_known_member(benchmark::State& state) {
  const bench::Context context{1};
  const pawl::Client client = bench::make_client();
  const pawl::Set set = client.set(bench::kName, context.tags());
  for (auto _ : state) set.insert("tenant-42");
  bench::expect_arrived(client, static_cast<std::uint64_t>(state.iterations()), 0);
}
BENCHMARK(set_insert_known_member);

void scoped_timer(benchmark::State& state) {
  const bench::Context context{1};
  const pawl::Client client = bench::make_client();
  const pawl::Timing timing = client.timing(bench::kName, context.tags());
  for (auto _ : state) const auto timer = timing.time();
  bench::expect_arrived(client, static_cast<std::uint64_t>(state.iterations()), 0);
}
BENCHMARK(scoped_timer)->Iterations(400'000);

}  // namespace

BENCHMARK_MAIN();
