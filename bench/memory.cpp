// How much memory does a context take, a context that another thread counts too, and a thread?
// Growth of the memory in use, each in a process of its own, forked before anything was recorded,
// so that memory which another measurement left over hides nothing.

#include <cstdlib>
#include <latch>
#include <thread>

#include <malloc.h>

#include "calls.h"
#include "own_process.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::size_t kContexts = 100'000;

// What the allocator has given out: of what it keeps back, a flush's datagrams were most.
double used_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// Nothing of the tags is kept by the bench.
void count_context(const pawl::Client& client, std::size_t number) {
  const std::string version = "2026-06-01." + std::to_string(number);
  client.count(bench::kName,
               1,
               {{"model", "gpt-4.1"},
                {"prompt_name", "support_triage"},
                {"prompt_version", version},
                {"feature", "support_agent"},
                {"env", "prod"}});
}

pawl::Client make_client() {
  return bench::make_client({.max_contexts = 2 * kContexts,
                             .max_queue_bytes = std::size_t{64} << 20,
                             .background = pawl::Background::manual,
                             .transport = std::make_shared<bench::Sink>()});
}

// The first flush retires the tables that were outgrown, the second frees them.
void free_outgrown(const pawl::Client& client) {
  for (int i = 0; i < 2; ++i) client.flush();
}

// With the cells of the one thread that counts, and what a flush keeps for the next.
double of_a_context() {
  const pawl::Client client = make_client();
  count_context(client, 0);
  const double before = used_bytes();
  for (std::size_t i = 1; i <= kContexts; ++i) count_context(client, i);
  free_outgrown(client);
  const double grown = used_bytes() - before;
  bench::expect_arrived(client, kContexts + 1);
  return grown / kContexts;
}

double of_a_context_and_thread() {
  const pawl::Client client = make_client();
  for (std::size_t i = 0; i < kContexts; ++i) count_context(client, i);
  double grown = 0;
  std::thread{[&] {
    count_context(client, 0);
    const double before = used_bytes();
    for (std::size_t i = 0; i < kContexts; ++i) count_context(client, i);
    grown = used_bytes() - before;
  }}.join();
  bench::expect_arrived(client, 2 * kContexts + 1);
  return grown / kContexts;
}

// A counter and a full ring of samples; the thread itself, with its stack, is there before.
double of_a_thread() {
  constexpr std::ptrdiff_t kThreads = 16;
  constexpr int kSamples = 4'000;
  const pawl::Client client = make_client();
  const bench::Work work{1};
  const pawl::Counter counter = client.counter(bench::kName, work.context(0));
  const pawl::Distribution latency = client.distribution("llm.latency_ms", work.context(0));
  std::latch begin{1};
  std::latch started{kThreads};
  std::latch recorded{kThreads};
  std::latch end{1};
  std::vector<std::thread> threads;
  for (std::ptrdiff_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      std::free(std::malloc(64));  // the C library's own share of a thread
      started.count_down();
      begin.wait();
      counter.add();
      for (int k = 0; k < kSamples; ++k) latency.record(12.5);
      recorded.count_down();
      end.wait();
    });
  }
  started.wait();
  const double before = used_bytes();
  begin.count_down();
  recorded.wait();
  const double grown = used_bytes() - before;
  end.count_down();
  for (std::thread& thread : threads) thread.join();
  bench::expect_arrived(client, kThreads * (1 + kSamples), kThreads);
  return grown / kThreads;
}

void report(State& state, double (*measured)()) {
  double bytes = 0;
  for (auto _ : state) bytes = bench::in_own_process(measured);
  bench::report_value(state, bytes, "B");
}
BENCHMARK_CAPTURE(report, context, of_a_context)->Name("memory.context")->Iterations(1);
BENCHMARK_CAPTURE(report, both, of_a_context_and_thread)
    ->Name("memory.context_thread")
    ->Iterations(1);
BENCHMARK_CAPTURE(report, thread, of_a_thread)->Name("memory.thread")->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
