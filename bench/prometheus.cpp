// What do the same records cost a counter and a histogram of prometheus-cpp that the program holds?
// A counter of theirs is one shared atomic double, a histogram one lock.

#include <memory>
#include <string>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

#include "calls.h"

namespace {

using benchmark::State;

std::unique_ptr<prometheus::Counter> g_counter;
std::atomic<std::uint64_t> g_calls{0};

void make(const State&) {
  g_counter = std::make_unique<prometheus::Counter>();
  g_calls = 0;
}

void check(const State&) {
  if (g_counter->Value() != static_cast<double>(g_calls)) std::abort();
}

void counter(State& state) {
  g_calls += bench::measure(state, [] { g_counter->Increment(); });
}

void histogram(State& state) {
  prometheus::Histogram histogram{{1, 5, 10, 50, 100, 500, 1'000, 5'000}};
  const std::uint64_t calls = bench::measure(state, [&] { histogram.Observe(12.5); });
  if (histogram.Collect().histogram.sample_count != calls) state.SkipWithError("checksum");
}
BENCHMARK(histogram)->Name("prometheus.histogram.held.1t");

}  // namespace

int main(int argc, char** argv) {
  for (const int threads : {1, 2, 4, 8}) {
    const std::string row = "prometheus.counter.held." + std::to_string(threads) + "t.same";
    benchmark::RegisterBenchmark(row.c_str(), counter)
        ->Setup(make)
        ->Teardown(check)
        ->Threads(threads);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
