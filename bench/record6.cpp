// What do the six metrics of one LLM request cost, all with the same tags: through handles, in one
// call and in six, beside a mutex and a map, and beside formatting and sending each call?

#include "record6.h"

#include "bursts.h"
#include "calls.h"
#include "mutex_map.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::int64_t kRequests = 60'000;
constexpr int kBurst = 1'000;  // four samples each, which the ring has room for
constexpr bench::Effort kSingle{.warm = 1, .single = 20'000};
const bench::Work g_work{1};

struct MapClient {
  void count(std::string_view name, std::int64_t value, pawl::Tags tags) {
    map.count(name, value, tags);
  }
  void distribution(std::string_view name, double value, pawl::Tags tags) {
    map.sample(name, value, tags);
  }
  bench::MutexMap map;
};

void bound(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const bench::Record6 handles{client, g_work.context(0)};
  const auto record = [&] { handles.record(); };
  bench::expect_requests(client, bench::measure_bursts(state, client, kBurst, record));
}
BENCHMARK(bound)->Name("record6.bound")->Iterations(kRequests)->UseManualTime();

void one_call(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const auto record = [&] { bench::record6(client, g_work.context(0)); };
  bench::expect_requests(client, bench::measure_bursts(state, client, kBurst, record));
}
BENCHMARK(one_call)->Name("record6.adhoc")->Iterations(kRequests)->UseManualTime();

void calls(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const auto record = [&] { bench::record6_calls(client, g_work.context(0)); };
  bench::expect_requests(client, bench::measure_bursts(state, client, kBurst, record));
}
BENCHMARK(calls)->Name("record6.calls")->Iterations(kRequests)->UseManualTime();

// Without a pause, beside the background's draining.
void calls_without_pause(State& state) {
  const pawl::Client client = bench::make_client();
  const auto record = [&] { bench::record6(client, g_work.context(0)); };
  bench::expect_requests(client, bench::measure(state, record, kSingle));
}
BENCHMARK(calls_without_pause)->Name("record6.adhoc.endless")->Iterations(kRequests);

void mutex_map(State& state) {
  MapClient client;
  const auto record = [&] { bench::record6_calls(client, g_work.context(0)); };
  const std::uint64_t requests = bench::measure(state, record, kSingle);
  bench::expect(client.map.counted() == static_cast<std::int64_t>(bench::kCounts * requests) &&
                    client.map.sampled() == bench::kSamples * requests,
                "mutex and map");
}
BENCHMARK(mutex_map)->Name("mutex_map.record6")->Iterations(kRequests);

void format_send(State& state) {
  bench::Receiver receiver{bench::Via::udp};
  bench::FormatSend client{receiver};
  const auto record = [&] { bench::record6_calls(client, g_work.context(0)); };
  bench::measure(state, record, kSingle);
}
BENCHMARK(format_send)->Name("format_send.record6")->Iterations(kRequests / 4);

}  // namespace

BENCHMARK_MAIN();
