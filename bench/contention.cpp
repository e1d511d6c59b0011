// What do 1, 2, 4 and 8 threads pay that record into one context at the same time, and each into
// its own, beside a mutex and a map, and beside one shared word?

#include <atomic>
#include <memory>
#include <string>

#include "calls.h"
#include "mutex_map.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr int kMostThreads = 8;
const bench::Work g_work{kMostThreads};
std::unique_ptr<pawl::Client> g_client;
std::unique_ptr<bench::MutexMap> g_map;
std::atomic<std::uint64_t> g_sum{0};
std::atomic<std::uint64_t> g_calls{0};

void make(const State&) {
  g_calls = 0;
  g_sum = 0;
  g_client = std::make_unique<pawl::Client>(bench::make_client());
  g_map = std::make_unique<bench::MutexMap>();
}

void check_client(const State&) { bench::expect_arrived(*g_client, g_calls); }
void check_map(const State&) {
  bench::expect(g_map->counted() == static_cast<std::int64_t>(g_calls.load()), "mutex and map");
}
void check_sum(const State&) { bench::expect(g_sum == g_calls, "shared sum"); }

using Tags = pawl::Tags (*)(const State&);
pawl::Tags same(const State&) { return g_work.context(0); }
pawl::Tags own(const State& state) {
  return g_work.context(static_cast<std::size_t>(state.thread_index()));
}

template <Tags tags>
void counter(State& state) {
  const pawl::Counter counter = g_client->counter(bench::kName, tags(state));
  g_calls += bench::measure(state, [&] { counter.add(); });
}

template <Tags tags>
void count(State& state) {
  const pawl::Tags of_thread = tags(state);
  g_calls += bench::measure(state, [&] { g_client->count(bench::kName, 1, of_thread); });
}

template <Tags tags>
void mutex_map(State& state) {
  const pawl::Tags of_thread = tags(state);
  g_calls += bench::measure(state, [&] { g_map->count(bench::kName, 1, of_thread); });
}

void lock_xadd(State& state) {
  g_calls += bench::measure(state, [] { benchmark::DoNotOptimize(g_sum.fetch_add(1)); });
}

using Body = void (*)(State&);
using Check = void (*)(const State&);

void offer(const std::string& name, const std::string& whose, Body body, Check check) {
  for (int threads = 1; threads <= kMostThreads; threads *= 2) {
    const std::string row = name + '.' + std::to_string(threads) + "t." + whose;
    benchmark::RegisterBenchmark(row.c_str(), body)->Setup(make)->Teardown(check)->Threads(threads);
  }
}

}  // namespace

int main(int argc, char** argv) {
  offer("raw.lock_xadd", "same", lock_xadd, check_sum);
  offer("counter.bound", "same", counter<same>, check_client);
  offer("counter.bound", "own", counter<own>, check_client);
  offer("mutex_map.count", "same", mutex_map<same>, check_map);
  offer("mutex_map.count", "own", mutex_map<own>, check_map);
  offer("count.adhoc", "same", count<same>, check_client);
  offer("count.adhoc", "own", count<own>, check_client);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  // Before the threads' state goes that they recorded into.
  g_client.reset();
  return 0;
}
