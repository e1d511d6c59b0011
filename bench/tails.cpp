// How long do the slow ones among the calls take, while a flush of 10,000 contexts runs on another
// thread and without one? Every call is timed alone (calls.h); a row's value is their mean.

#include <atomic>
#include <thread>

#include "calls.h"
#include "work.h"

namespace {

using benchmark::State;

constexpr std::size_t kCalls = 200'000;
constexpr std::size_t kFlushed = 10'000;

// Keeps a flush of 10,000 counters running: adds to each, flushes, and again.
class FlushLoop {
 public:
  explicit FlushLoop(const pawl::Client& client)
      : client_(client), counters_(bench::counters_of(client, work_)) {
    add();
    client_.flush();
    thread_ = std::thread{[this] { run(); }};
  }
  ~FlushLoop() { stop(); }
  FlushLoop(const FlushLoop&) = delete;
  FlushLoop& operator=(const FlushLoop&) = delete;

  bool flushing() const noexcept { return flushing_.load(std::memory_order_relaxed); }
  // Ends; gives how many calls it made.
  std::uint64_t stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    return added_;
  }

 private:
  void add() {
    for (const pawl::Counter& counter : counters_) counter.add();
    added_ += counters_.size();
  }
  void run() {
    while (!stopping_) {
      add();
      flushing_.store(true, std::memory_order_relaxed);
      client_.flush();
      flushing_.store(false, std::memory_order_relaxed);
    }
  }

  const bench::Work work_{kFlushed};
  const pawl::Client& client_;
  std::vector<pawl::Counter> counters_;
  std::atomic<bool> flushing_{false};
  std::atomic<bool> stopping_{false};
  std::uint64_t added_ = 0;
  std::thread thread_;
};

void report(State& state, const bench::CallTimes& times) {
  times.report(state);
  bench::report_value(state, times.mean(), "ns");
}

template <class Call>
void time_quiet(State& state, const Call& call) {
  bench::CallTimes times;
  for (auto _ : state)
    for (std::size_t i = 0; i < kCalls; ++i) times.time(call);
  report(state, times);
}

// Times a call only when a flush is at work as it begins.
template <class Call>
void time_flushing(State& state, const FlushLoop& loop, const Call& call) {
  bench::CallTimes times;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kCalls; ++i) {
      while (!loop.flushing()) std::this_thread::yield();
      times.time(call);
    }
  }
  report(state, times);
}

// What the calls are; the first ones make what is made once.
struct Counted {
  explicit Counted(const pawl::Client& client)
      : counter(client.counter("llm.json_invalid", work.context(0))) {
    counter.add();
  }
  void operator()() const { counter.add(); }
  static constexpr std::uint64_t kFirst = 1;
  const bench::Work work{1};
  pawl::Counter counter;
};

struct CountedAdHoc {
  explicit CountedAdHoc(const pawl::Client& recorded) : client(recorded) {
    for (std::size_t i = 0; i < kFirst; ++i) (*this)();
  }
  void operator()() const { client.count("llm.json_invalid", 1, work.at(step++)); }
  static constexpr std::uint64_t kFirst = bench::Work::kSteps;
  const pawl::Client& client;
  const bench::Work work{100};
  mutable std::size_t step = 0;
};

template <class Call>
void counts_quiet(State& state) {
  const pawl::Client client = bench::make_client();
  time_quiet(state, Call{client});
  bench::expect_arrived(client, Call::kFirst + kCalls);
}
BENCHMARK(counts_quiet<Counted>)->Name("tails.counter.bound.quiet")->Iterations(1);
BENCHMARK(counts_quiet<CountedAdHoc>)->Name("tails.count.adhoc.100.quiet")->Iterations(1);

template <class Call>
void counts_flushing(State& state) {
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  FlushLoop loop{client};
  time_flushing(state, loop, Call{client});
  const std::uint64_t added = loop.stop();
  bench::expect_arrived(client, added + Call::kFirst + kCalls);
}
BENCHMARK(counts_flushing<Counted>)->Name("tails.counter.bound.flushing")->Iterations(1);
BENCHMARK(counts_flushing<CountedAdHoc>)->Name("tails.count.adhoc.100.flushing")->Iterations(1);

// Samples in bursts that fit into the ring, with a flush between them: what a thread pays that is
// faster than the flusher is distribution.bound.endless of bench/bound.cpp.
void distribution_quiet(State& state) {
  constexpr std::size_t kBurst = 2'000;
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const bench::Work work{1};
  const pawl::Distribution distribution = client.distribution("llm.latency_ms", work.context(0));
  distribution.record(12.5);
  bench::CallTimes times;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kCalls; ++i) {
      if (i % kBurst == 0) client.flush();
      times.time([&] { distribution.record(12.5); });
    }
  }
  report(state, times);
  bench::expect_arrived(client, 1 + kCalls, 0);
}
BENCHMARK(distribution_quiet)->Name("tails.distribution.bound.quiet")->Iterations(1);

// A burst a flush, so that the ring is emptied while it is written to.
void distribution_flushing(State& state) {
  constexpr std::size_t kBurst = 2'000;
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const bench::Work work{1};
  const pawl::Distribution distribution = client.distribution("llm.latency_ms", work.context(0));
  distribution.record(12.5);
  FlushLoop loop{client};
  bench::CallTimes times;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kCalls; ++i) {
      if (i % kBurst == 0)
        while (loop.flushing()) std::this_thread::yield();
      while (!loop.flushing()) std::this_thread::yield();
      times.time([&] { distribution.record(12.5); });
    }
  }
  report(state, times);
  const std::uint64_t added = loop.stop();
  bench::expect_arrived(client, added + 1 + kCalls, static_cast<std::int64_t>(added));
}
BENCHMARK(distribution_flushing)->Name("tails.distribution.bound.flushing")->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
