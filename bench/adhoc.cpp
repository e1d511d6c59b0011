// What does a call with a name and five tags cost, for 1, 100 and 10,000 contexts in a
// pseudo-random order, beside a mutex and a map?

#include <benchmark/benchmark.h>

#include "mutex_map.h"
#include "work.h"

namespace {

void mutex_map_count(benchmark::State& state) {
  const bench::Work work{static_cast<std::size_t>(state.range(0))};
  bench::MutexMap map;
  std::size_t step = 0;
  for (auto _ : state) map.count(bench::kName, 1, work.tags(step++));
  if (map.sum() != state.iterations()) state.SkipWithError("checksum");
}
BENCHMARK(mutex_map_count)->Arg(1)->Arg(100)->Arg(10'000);

void count(benchmark::State& state) {
  const bench::Work work{static_cast<std::size_t>(state.range(0))};
  const pawl::Client client = bench::make_client();
  std::size_t step = 0;
  for (auto _ : state) client.count(bench::kName, 1, work.tags(step++));
  bench::expect_arrived(client, static_cast<std::uint64_t>(state.iterations()), state.iterations());
}
BENCHMARK(count)->Arg(1)->Arg(100)->Arg(10'000);

void mutex_map_sample(benchmark::State& state) {
  const bench::Work work{static_cast<std::size_t>(state.range(0))};
  bench::MutexMap map;
  std::size_t step = 0;
  for (auto _ : state) map.sample(bench::kName, 12.5, work.tags(step++));
}
BENCHMARK(mutex_map_sample)->Arg(1)->Arg(100)->Iterations(400'000);

void distribution(benchmark::State& state) {
  const bench::Work work{static_cast<std::size_t>(state.range(0))};
  const pawl::Client client = bench::make_client();
  std::size_t step = 0;
  for (auto _ : state) client.distribution(bench::kName, 12.5, work.tags(step++));
  bench::expect_arrived(client, static_cast<std::uint64_t>(state.iterations()), 0);
}
BENCHMARK(distribution)->Arg(1)->Arg(100)->Iterations(400'000);

// A tag that the policy does not let pass, in every call.
void count_with_a_refused_tag(benchmark::State& state) {
  auto made = pawl::Client::create({.tag_policy = {.allowed_keys = {{"model", "feature", "env"}}},
                                    .telemetry = pawl::Switch::off,
                                    .environment = pawl::Switch::off,
                                    .transport = std::make_shared<bench::Sink>()});
  const bench::Work work{1};
  for (auto _ : state) made->count(bench::kName, 1, work.tags(0));
  bench::expect_arrived(*made, static_cast<std::uint64_t>(state.iterations()), state.iterations());
}
BENCHMARK(count_with_a_refused_tag);

// The six metrics of one LLM request, all with the same tags.
void record_of_six(benchmark::State& state) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client();
  const pawl::Tags tags = work.tags(0);
  for (auto _ : state) {
    client.count("llm.requests", 1, tags);
    client.distribution("llm.input_tokens", 1840, tags);
    client.distribution("llm.output_tokens", 312, tags);
    client.distribution("llm.latency_ms", 1430.5, tags);
    client.distribution("llm.estimated_cost_usd", 0.0061, tags);
    client.count("llm.json_invalid", 1, tags);
  }
  const auto rounds = state.iterations();
  bench::expect_arrived(client, 6 * static_cast<std::uint64_t>(rounds), 2 * rounds);
}
BENCHMARK(record_of_six)->Iterations(60'000);

}  // namespace

BENCHMARK_MAIN();
