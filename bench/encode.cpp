// How many bytes of DogStatsD does a flush make in a second of CPU time, with its folding, beside
// snprintf writing the same lines?

#include <cstdio>
#include <string>

#include "calls.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::size_t kContexts = 10'000;

void counters(State& state) {
  const bench::Work work{kContexts};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const auto counters = bench::counters_of(client, work);
  std::int64_t counted = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (const pawl::Counter& counter : counters) counter.add(12'345);
    counted += std::int64_t{kContexts};
    state.ResumeTiming();
    client.flush();
  }
  bench::expect_arrived(client, static_cast<std::uint64_t>(counted), 12'345 * counted);
  state.SetBytesProcessed(static_cast<std::int64_t>(client.stats().traffic.bytes_sent));
}
BENCHMARK(counters)->Name("encode.counters");

// 100 samples with three decimals for each of 100 contexts.
void samples(State& state) {
  constexpr std::size_t kOfEach = 100;
  const bench::Work work{100};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  std::uint64_t recorded = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (std::size_t i = 0; i < work.size(); ++i) {
      const auto latency = client.distribution("llm.latency_ms", work.context(i));
      for (std::size_t k = 0; k < kOfEach; ++k)
        latency.record(1000.0 + 0.125 * static_cast<double>(i + k));
    }
    recorded += work.size() * kOfEach;
    state.ResumeTiming();
    client.flush();
  }
  bench::expect_arrived(client, recorded, 0);
  state.SetBytesProcessed(static_cast<std::int64_t>(client.stats().traffic.bytes_sent));
}
BENCHMARK(samples)->Name("encode.samples");

// Tags joined before, as a client would keep them.
void with_snprintf(State& state) {
  const bench::Work work{kContexts};
  std::vector<std::string> tags(kContexts);
  for (std::size_t i = 0; i < kContexts; ++i)
    for (const pawl::Tag& tag : work.context(i))
      tags[i].append(tags[i].empty() ? "" : ",").append(tag.key).append(":").append(tag.value);
  std::array<char, 512> line{};
  std::int64_t bytes = 0;
  for (auto _ : state) {
    for (const std::string& joined : tags) {
      bytes += std::snprintf(
          line.data(), line.size(), "llm.requests:%d|c|#%s\n", 12'345, joined.c_str());
      benchmark::ClobberMemory();
    }
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(with_snprintf)->Name("raw.snprintf");

}  // namespace

BENCHMARK_MAIN();
