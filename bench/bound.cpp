// What does a record through a bound handle cost, beside a raw add to a thread-local and a locked
// add to a shared word?

#include <atomic>
#include <chrono>
#include <thread>

#include "bursts.h"
#include "calls.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::int64_t kSampled = 400'000;  // what fits into the memory for samples
const bench::Work g_work{1};

constinit thread_local std::uint64_t t_sum = 0;

void raw_thread_local_add(State& state) {
  const std::uint64_t before = t_sum;
  const std::uint64_t calls = bench::measure(state, [] { ++t_sum; });
  bench::expect(t_sum - before == calls, "thread-local sum");
}
BENCHMARK(raw_thread_local_add)->Name("raw.thread_local_add");

void raw_lock_xadd(State& state) {
  std::atomic<std::uint64_t> sum{0};
  const std::uint64_t calls =
      bench::measure(state, [&] { benchmark::DoNotOptimize(sum.fetch_add(1)); });
  bench::expect(sum == calls, "shared sum");
}
BENCHMARK(raw_lock_xadd)->Name("raw.lock_xadd");

void counter(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Counter counter = client.counter(bench::kName, g_work.context(0));
  bench::expect_arrived(client, bench::measure(state, [&] { counter.add(); }));
}
BENCHMARK(counter)->Name("counter.bound.1t");

// Counters of many contexts in turn: their cells are not all in the nearest cache.
void counter_of_many(State& state) {
  const bench::Work work{static_cast<std::size_t>(state.range(0))};
  const pawl::Client client = bench::make_client();
  const auto counters = bench::counters_of(client, work);
  std::size_t step = 0;
  const auto add = [&] { counters[work.number_at(step++)].add(); };
  bench::expect_arrived(client, bench::measure(state, add, {.warm = bench::Work::kSteps}));
}
BENCHMARK(counter_of_many)->Name("counter.bound.many")->Arg(100)->Arg(10'000);

void distribution(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const pawl::Distribution distribution = client.distribution("llm.latency_ms", g_work.context(0));
  const auto record = [&] { distribution.record(12.5); };
  bench::expect_arrived(client, bench::measure_bursts(state, client, 4'000, record), 0);
}
BENCHMARK(distribution)->Name("distribution.bound.1t")->Iterations(kSampled)->UseManualTime();

// As fast as a thread can for a while, and the CPU time of all threads: with the moving of full
// rings and the folding, which the background threads are given time to end; without the encoding,
// which is a flush's.
void distribution_folded(State& state) {
  constexpr int kBurst = 100'000;
  constexpr std::chrono::milliseconds kUntilFolded{10};
  const pawl::Client client = bench::make_client();
  const pawl::Distribution distribution = client.distribution("llm.latency_ms", g_work.context(0));
  std::uint64_t recorded = 0;
  while (state.KeepRunningBatch(kBurst)) {
    for (int i = 0; i < kBurst; ++i) {
      distribution.record(12.5);
      benchmark::ClobberMemory();
    }
    recorded += kBurst;
    std::this_thread::sleep_for(kUntilFolded);
    state.PauseTiming();
    client.flush();
    state.ResumeTiming();
  }
  bench::expect_arrived(client, recorded, 0);
}
BENCHMARK(distribution_folded)
    ->Name("distribution.folded.1t")
    ->Iterations(kSampled)
    ->MeasureProcessCPUTime();

// The same until the kernel, or what stands for it here, has them.
void distribution_flushed(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Distribution distribution = client.distribution("llm.latency_ms", g_work.context(0));
  std::uint64_t recorded = 0;
  while (state.KeepRunningBatch(kSampled)) {
    for (std::int64_t i = 0; i < kSampled; ++i) {
      distribution.record(1000.0 + 0.125 * static_cast<double>(i % 65'536));
      benchmark::ClobberMemory();
    }
    recorded += kSampled;
    client.flush();
  }
  bench::expect_arrived(client, recorded, 0);
}
BENCHMARK(distribution_flushed)
    ->Name("distribution.flushed.1t")
    ->Iterations(kSampled)
    ->MeasureProcessCPUTime();

// Beside the background's draining, the moving of full rings by this thread included.
void distribution_without_pause(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Distribution distribution = client.distribution("llm.latency_ms", g_work.context(0));
  bench::expect_arrived(client, bench::measure(state, [&] { distribution.record(12.5); }), 0);
}
BENCHMARK(distribution_without_pause)->Name("distribution.bound.endless")->Iterations(kSampled);

void histogram_without_pause(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Histogram histogram = client.histogram("llm.latency_ms", g_work.context(0));
  bench::expect_arrived(client, bench::measure(state, [&] { histogram.record(12.5); }), 0);
}
BENCHMARK(histogram_without_pause)->Name("histogram.bound.endless")->Iterations(kSampled);

void gauge(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Gauge gauge = client.gauge("llm.queue_depth", g_work.context(0));
  bench::expect_arrived(client, bench::measure(state, [&] { gauge.set(12.5); }), 0);
}
BENCHMARK(gauge)->Name("gauge.bound.1t");

void set_of_a_known_member(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Set set = client.set("llm.tenants", g_work.context(0));
  bench::expect_arrived(client, bench::measure(state, [&] { set.insert("tenant-42"); }), 0);
}
BENCHMARK(set_of_a_known_member)->Name("set.bound.1t");

void scoped_timer(State& state) {
  const pawl::Client client = bench::make_client();
  const pawl::Timing timing = client.timing("llm.latency_ms", g_work.context(0));
  bench::expect_arrived(
      client, bench::measure(state, [&] { const auto timer = timing.time(); }), 0);
}
BENCHMARK(scoped_timer)->Name("timer.bound.1t")->Iterations(kSampled);

}  // namespace

BENCHMARK_MAIN();
