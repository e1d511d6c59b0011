// What does a call with a name and five tags cost, for 1, 100 and 10,000 contexts in a
// pseudo-random order, beside a mutex and a map, and beside formatting and sending each call?

#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "calls.h"
#include "mutex_map.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::int64_t kSampled = 400'000;  // what fits into the memory for samples
constexpr bench::Effort kEachContextOnce{.warm = bench::Work::kSteps};

std::size_t contexts(const State& state) { return static_cast<std::size_t>(state.range(0)); }

// What has to be looked at in any case: the bytes of the call, here in one piece.
void raw_xxh3(State& state) {
  const bench::Work work{1};
  std::string bytes{bench::kName};
  for (const pawl::Tag& tag : work.context(0)) bytes.append(tag.key).append(tag.value);
  const XXH64_hash_t expected = XXH3_64bits(bytes.data(), bytes.size());
  XXH64_hash_t differences = 0;
  bench::measure(state, [&] {
    benchmark::DoNotOptimize(bytes.data());
    differences |= XXH3_64bits(bytes.data(), bytes.size()) ^ expected;
  });
  bench::expect(differences == 0, "a hash of the same bytes");
}
BENCHMARK(raw_xxh3)->Name("raw.xxh3");

void mutex_map_count(State& state) {
  const bench::Work work{contexts(state)};
  bench::MutexMap map;
  std::size_t step = 0;
  const auto count = [&] { map.count(bench::kName, 1, work.at(step++)); };
  const std::uint64_t calls = bench::measure(state, count, kEachContextOnce);
  bench::expect(map.counted() == static_cast<std::int64_t>(calls), "mutex and map");
}
BENCHMARK(mutex_map_count)->Name("mutex_map.count")->Arg(1)->Arg(100)->Arg(10'000);

void count(State& state) {
  const bench::Work work{contexts(state)};
  const pawl::Client client = bench::make_client();
  std::size_t step = 0;
  const auto count = [&] { client.count(bench::kName, 1, work.at(step++)); };
  bench::expect_arrived(client, bench::measure(state, count, kEachContextOnce));
}
BENCHMARK(count)->Name("count.adhoc")->Arg(1)->Arg(100)->Arg(10'000);

void mutex_map_sample(State& state) {
  const bench::Work work{contexts(state)};
  bench::MutexMap map;
  std::size_t step = 0;
  const auto sample = [&] { map.sample("llm.latency_ms", 12.5, work.at(step++)); };
  const std::uint64_t calls = bench::measure(state, sample, kEachContextOnce);
  bench::expect(map.sampled() == calls, "mutex and map");
}
BENCHMARK(mutex_map_sample)->Name("mutex_map.sample")->Arg(1)->Arg(100)->Iterations(kSampled);

void distribution(State& state) {
  const bench::Work work{contexts(state)};
  const pawl::Client client = bench::make_client();
  std::size_t step = 0;
  const auto record = [&] { client.distribution("llm.latency_ms", 12.5, work.at(step++)); };
  bench::expect_arrived(client, bench::measure(state, record, kEachContextOnce), 0);
}
BENCHMARK(distribution)->Name("distribution.adhoc")->Arg(1)->Arg(100)->Iterations(kSampled);

void gauge(State& state) {
  const bench::Work work{contexts(state)};
  const pawl::Client client = bench::make_client();
  std::size_t step = 0;
  const auto set = [&] { client.gauge("llm.queue_depth", 12.5, work.at(step++)); };
  bench::expect_arrived(client, bench::measure(state, set, kEachContextOnce), 0);
}
BENCHMARK(gauge)->Name("gauge.adhoc")->Arg(1)->Arg(100);

// Two tags that the policy does not let pass, in every call.
void count_with_refused_tags(State& state) {
  const bench::Work work{1};
  const pawl::Client client =
      bench::make_client({.tag_policy = {.allowed_keys = {{"model", "feature", "env"}}},
                          .transport = std::make_shared<bench::Sink>()});
  const auto count = [&] { client.count(bench::kName, 1, work.context(0)); };
  bench::expect_arrived(client, bench::measure(state, count));
}
BENCHMARK(count_with_refused_tags)->Name("count.adhoc.refused_tags");

// UDP, which never waits for its reader: what this baseline sent, the kernel took.
void format_send_count(State& state) {
  const bench::Work work{1};
  bench::Receiver receiver{bench::Via::udp};
  bench::FormatSend client{receiver};
  bench::measure(state, [&] { client.count(bench::kName, 1, work.context(0)); });
}
BENCHMARK(format_send_count)->Name("format_send.count.1");

}  // namespace

BENCHMARK_MAIN();
