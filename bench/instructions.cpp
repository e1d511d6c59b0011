// How many instructions does a call take? `instructions ROW N` makes N calls inside the function
// `measured`, to which callgrind limits its counting (--toggle-collect='*measured*'); bench/run.py
// runs it with N and with 2N, and divides the difference by N. Without arguments it lists the rows.

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "mutex_map.h"
#include "record6.h"
#include "spans.h"
#include "trace_receiver.h"
#include "work.h"

namespace {

constexpr std::size_t kMostCalls = 1'000;  // their samples, four of a request, fit into the ring

// The loop is inside, so that a call is inlined as it is in a program.
template <class Call>
[[gnu::noinline]] void measured(std::size_t calls, const Call& call) {
  for (std::size_t i = 0; i < calls; ++i) {
    call();
    asm volatile("" ::: "memory");
  }
}

// The first calls make what is made once.
template <class Call>
std::size_t run(std::size_t calls, const Call& call, std::size_t first = 1) {
  for (std::size_t i = 0; i < first; ++i) call();
  measured(calls, call);
  return first + calls;
}

void nothing(std::size_t calls) {
  run(calls, [] {});
}

void counter_bound(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const pawl::Counter counter = client.counter(bench::kName, work.context(0));
  bench::expect_arrived(client, run(calls, [&] { counter.add(); }));
}

void distribution_bound(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const pawl::Distribution distribution = client.distribution(bench::kName, work.context(0));
  bench::expect_arrived(client, run(calls, [&] { distribution.record(12.5); }), 0);
}

void histogram_bound(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const pawl::Histogram histogram = client.histogram(bench::kName, work.context(0));
  bench::expect_arrived(client, run(calls, [&] { histogram.record(12.5); }), 0);
}

template <std::size_t kContexts>
void count_ad_hoc(std::size_t calls) {
  const bench::Work work{kContexts};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  std::size_t step = 0;
  const auto count = [&] { client.count(bench::kName, 1, work.at(step++)); };
  bench::expect_arrived(client, run(calls, count, bench::Work::kSteps));
}

void distribution_ad_hoc(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const auto record = [&] { client.distribution(bench::kName, 12.5, work.context(0)); };
  bench::expect_arrived(client, run(calls, record), 0);
}

void record6_bound(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const bench::Record6 handles{client, work.context(0)};
  bench::expect_requests(client, run(calls, [&] { handles.record(); }));
}

void record6_ad_hoc(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const auto record = [&] { bench::record6(client, work.context(0)); };
  bench::expect_requests(client, run(calls, record));
}

void record6_calls(std::size_t calls) {
  const bench::Work work{1};
  const pawl::Client client = bench::make_client(pawl::Background::manual);
  const auto record = [&] { bench::record6_calls(client, work.context(0)); };
  bench::expect_requests(client, run(calls, record));
}

// As many as a flush has at the most here, so that memory is there.
template <class Record, class Flush>
void warm_up(const Record& record, const Flush& flush) {
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < kMostCalls; ++i) record();
    flush();
  }
}

void span_tags12(std::size_t calls) {
  bench::TraceReceiver receiver;
  const auto tracer = bench::make_tracer(bench::span_options(receiver.url()));
  const auto record = [&] { bench::record_span(tracer); };
  warm_up(record, [&] { tracer.flush(); });
  run(calls, record, 0);
  bench::expect(tracer.close().total() == 0, "spans");
}

// With libcurl, without the kernel; what a request costs however much is in it is not counted.
void span_flush(std::size_t calls) {
  bench::TraceReceiver receiver;
  const auto tracer = bench::make_tracer(bench::span_options(receiver.url()));
  const auto flush = [&] { bench::expect(tracer.flush(std::chrono::seconds{60}), "a flush"); };
  warm_up([&] { bench::record_span(tracer); }, flush);
  for (std::size_t i = 0; i < calls; ++i) bench::record_span(tracer);
  measured(1, flush);
  bench::expect(tracer.close().total() == 0, "spans");
}

void map_spans_tags12(std::size_t calls) {
  std::vector<std::unique_ptr<bench::MapSpan>> finished;
  run(calls, [&] { finished.push_back(bench::finished_map_span(finished.size())); });
}

void mutex_map_count(std::size_t calls) {
  const bench::Work work{1};
  bench::MutexMap map;
  const auto count = [&] { map.count(bench::kName, 1, work.context(0)); };
  const auto made = static_cast<std::int64_t>(run(calls, count));
  bench::expect(map.counted() == made, "mutex and map");
}

struct Row {
  std::string_view name;  // as in the results
  void (*calls)(std::size_t);
};
constexpr std::array kRows{
    Row{"nothing", nothing},
    Row{"counter.bound.1t", counter_bound},
    Row{"distribution.bound.1t", distribution_bound},
    Row{"histogram.bound.endless", histogram_bound},
    Row{"count.adhoc.1", count_ad_hoc<1>},
    Row{"count.adhoc.100", count_ad_hoc<100>},
    Row{"count.adhoc.10000", count_ad_hoc<10'000>},
    Row{"distribution.adhoc.1", distribution_ad_hoc},
    Row{"record6.bound", record6_bound},
    Row{"record6.adhoc", record6_ad_hoc},
    Row{"record6.calls", record6_calls},
    Row{"mutex_map.count.1", mutex_map_count},
    Row{"span.tags12", span_tags12},
    Row{"span.flush", span_flush},
    Row{"map_spans.tags12", map_spans_tags12},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const Row& row : kRows)
      std::printf("%.*s\n", static_cast<int>(row.name.size()), row.name.data());
    return 0;
  }
  const auto calls = static_cast<std::size_t>(std::atoi(argv[2]));
  for (const Row& row : kRows) {
    if (row.name != argv[1] || calls > kMostCalls) continue;
    row.calls(calls);
    return 0;
  }
  return 2;
}
