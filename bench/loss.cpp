// How much of 200,000 calls a second over 10,000 contexts does a receiver miss that reads a socket
// with default buffers: over UDP, over a Unix socket, and of a client that sends each call? Percent
// of the counted sum; the client flushes by itself, every 2 s, as by default.

#include <chrono>
#include <cstdlib>
#include <thread>

#include "calls.h"
#include "receiver.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::size_t kContexts = 10'000;
constexpr std::uint64_t kCallsEachMillisecond = 200;

// Calls count(step) at the rate, for as many seconds as the range says; a late wake is made up for.
template <class Count>
std::uint64_t at_200k_a_second(const State& state, const Count& count) {
  const auto milliseconds = static_cast<std::uint64_t>(1000 * state.range(0));
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t calls = 0;
  for (std::uint64_t i = 0; i < milliseconds; ++i) {
    for (std::uint64_t k = 0; k < kCallsEachMillisecond; ++k) count(calls++);
    std::this_thread::sleep_until(start + std::chrono::milliseconds{i + 1});
  }
  return calls;
}

void report_lost(State& state, std::uint64_t calls, const bench::Arrived& arrived) {
  bench::expect(arrived.unread == 0, "a line that is none");
  const auto sum = static_cast<double>(arrived.counted);
  bench::report_value(state, 100 * (1 - sum / static_cast<double>(calls)), "% lost");
  state.counters["calls"] = static_cast<double>(calls);
}

void client(State& state, bench::Via via) {
  const bench::Work work{kContexts};
  bench::Receiver receiver{via};
  const pawl::Client client = bench::make_client({.address = receiver.address()});
  std::uint64_t calls = 0;
  for (auto _ : state)
    calls = at_200k_a_second(
        state, [&](std::size_t step) { client.count(bench::kName, 1, work.at(step)); });
  bench::expect_arrived(client, calls);
  report_lost(state, calls, receiver.finish());
}

void format_send(State& state) {
  const bench::Work work{kContexts};
  bench::Receiver receiver{bench::Via::udp};
  bench::FormatSend client{receiver};
  std::uint64_t calls = 0;
  for (auto _ : state)
    calls = at_200k_a_second(
        state, [&](std::size_t step) { client.count(bench::kName, 1, work.at(step)); });
  report_lost(state, calls, receiver.finish());
}

// PAWL_BENCH_SECONDS: how long each of them is kept up; 5 s when unset.
std::int64_t seconds() {
  const char* set = std::getenv("PAWL_BENCH_SECONDS");
  return set != nullptr ? std::max(1, std::atoi(set)) : 5;
}

}  // namespace

int main(int argc, char** argv) {
  const auto offer = [](const char* name, auto body) {
    benchmark::RegisterBenchmark(name, body)
        ->ArgName("seconds")
        ->Arg(seconds())
        ->Iterations(1)
        ->UseRealTime();
  };
  offer("loss.udp.200k", [](State& state) { client(state, bench::Via::udp); });
  offer("loss.uds.200k", [](State& state) { client(state, bench::Via::uds); });
  offer("format_send.loss.udp.200k", format_send);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
