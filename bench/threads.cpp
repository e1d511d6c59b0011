// What do 1, 2, 4 and 8 threads pay that record into one context at the same time, beside a mutex
// and a map, and beside one shared atomic?

#include <atomic>
#include <memory>

#include <benchmark/benchmark.h>

#include "mutex_map.h"
#include "work.h"

namespace {

const bench::Context g_context{1};
std::unique_ptr<pawl::Client> g_client;
std::unique_ptr<bench::MutexMap> g_map;
std::atomic<std::uint64_t> g_atomic{0};
std::atomic<std::int64_t> g_calls{0};

void make(const benchmark::State&) {
  g_calls = 0;
  g_client = std::make_unique<pawl::Client>(bench::make_client());
  g_map = std::make_unique<bench::MutexMap>();
}

void check_client(const benchmark::State&) {
  bench::expect_arrived(*g_client, static_cast<std::uint64_t>(g_calls.load()), g_calls);
  g_client.reset();
}

void check_map(const benchmark::State&) {
  if (g_map->sum() != g_calls) std::abort();
}

void shared_atomic_add(benchmark::State& state) {
  for (auto _ : state) g_atomic.fetch_add(1, std::memory_order_relaxed);
}
BENCHMARK(shared_atomic_add)->Threads(1)->Threads(2)->Threads(4)->Threads(8);

void counter_add(benchmark::State& state) {
  const pawl::Counter counter = g_client->counter(bench::kName, g_context.tags());
  for (auto _ : state) {
    counter.add();
    benchmark::ClobberMemory();
  }
  g_calls += state.iterations();
}
BENCHMARK(counter_add)
    ->Setup(make)
    ->Teardown(check_client)
    ->Threads(1)
    ->Threads(2)
    ->Threads(4)
    ->Threads(8);

void mutex_map_count(benchmark::State& state) {
  for (auto _ : state) g_map->count(bench::kName, 1, g_context.tags());
  g_calls += state.iterations();
}
BENCHMARK(mutex_map_count)
    ->Setup(make)
    ->Teardown(check_map)
    ->Threads(1)
    ->Threads(2)
    ->Threads(4)
    ->Threads(8);

void count(benchmark::State& state) {
  for (auto _ : state) g_client->count(bench::kName, 1, g_context.tags());
  g_calls += state.iterations();
}
BENCHMARK(count)
    ->Setup(make)
    ->Teardown(check_client)
    ->Threads(1)
    ->Threads(2)
    ->Threads(4)
    ->Threads(8);

}  // namespace

BENCHMARK_MAIN();
