// What do many samples of a distribution cost: to fold one into its sketch, to encode a sketch, on
// the wire, in memory, and all of a flush?
//
// A flush folds what waits and encodes it, so the two are told apart by flushes of few and of many
// samples of the same contexts and bins: what the many take more is folding. They wait in the rings
// of as many threads as it takes: what does not fit there, without a background thread, waits in
// memory that is asked for and freed again, and that would be most of the time.

#include <algorithm>
#include <barrier>
#include <cmath>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

#include "bursts.h"
#include "calls.h"
#include "work.h"

namespace {

using benchmark::State;

// 60 bytes of tags, as a service's metric has them.
constexpr std::string_view kRegion = "eu-west-1";
pawl::Distribution latency_of(const pawl::Client& client, std::string_view version) {
  return client.distribution(
      "http.latency_ms",
      {{"service", "ai-api"}, {"env", "prod"}, {"version", version}, {"region", kRegion}});
}
constexpr std::string_view kVersion = "2026-06-01.3";

// Log-normal around 120 ms; sigma 1 is from 12 ms to 1.2 s for 98 of 100.
std::vector<double> latencies(std::size_t count) {
  std::mt19937_64 random{42};
  std::lognormal_distribution<double> spread{std::log(120.0), 1.0};
  std::vector<double> values(count);
  std::generate(values.begin(), values.end(), [&] { return spread(random); });
  return values;
}

pawl::Client make_client() {
  return bench::make_client({.max_sample_bytes = std::size_t{1} << 30,
                             .max_queue_bytes = std::size_t{1} << 30,
                             .background = pawl::Background::manual,
                             .transport = std::make_shared<bench::Sink>()});
}

// The contexts of a client, and rounds of samples among them in turn.
class Recorded {
 public:
  Recorded(std::size_t contexts, std::vector<double> values)
      : client_(make_client()), values_(std::move(values)) {
    for (std::size_t i = 0; i < contexts; ++i)
      handles_.push_back(latency_of(client_, std::string{kVersion} + std::to_string(i)));
  }
  ~Recorded() { bench::expect_arrived(client_, recorded_, 0); }
  Recorded(const Recorded&) = delete;
  Recorded& operator=(const Recorded&) = delete;

  // Gives the seconds of CPU time of the least of some flushes.
  double flush_of(std::size_t samples) {
    return least_of_flushes(7, [&] {
      record(0, samples);
      recorded_ += samples;
    });
  }
  // The same of so many full rings.
  double flush_of_rings(std::size_t rings) {
    return least_of_flushes(25, [&] {
      std::barrier all_have_one{static_cast<std::ptrdiff_t>(rings)};
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < rings; ++i)
        threads.emplace_back([&, first = i * kInRing] {
          record(first, 1);
          all_have_one.arrive_and_wait();
          record(first + 1, kInRing - 1);
        });
      for (std::thread& thread : threads) thread.join();
      recorded_ += rings * kInRing;
    });
  }
  static constexpr std::size_t kInRing = 4'000;

 private:
  template <class Record>
  double least_of_flushes(int flushes, const Record& record) {
    double least = HUGE_VAL;
    for (int i = 0; i < flushes; ++i) {
      record();
      const double start = bench::cpu_seconds();
      client_.flush();
      least = std::min(least, bench::cpu_seconds() - start);
    }
    return least;
  }
  // Those that are so manieth of all.
  void record(std::size_t first, std::size_t samples) const {
    for (std::size_t k = first; k < first + samples; ++k)
      handles_[k % handles_.size()].record(values_[k / handles_.size() % values_.size()]);
  }

  pawl::Client client_;
  std::vector<double> values_;
  std::vector<pawl::Distribution> handles_;
  std::uint64_t recorded_ = 0;
};

// By a power of two, so that the counts of bins have as many bits, and are encoded as fast.
constexpr std::size_t kFew = 5;
constexpr std::size_t kMany = 16 * kFew;

// Gives the seconds that a sample takes more. REQUIRES: the few have samples in all bins.
double seconds_of_sample(Recorded& recorded) {
  const double few = recorded.flush_of_rings(kFew);
  return (recorded.flush_of_rings(kMany) - few) / ((kMany - kFew) * Recorded::kInRing);
}

void fold(State& state, std::size_t contexts) {
  double nanoseconds = 0;
  for (auto _ : state) {
    Recorded recorded{contexts, latencies(100)};
    nanoseconds = 1e9 * seconds_of_sample(recorded);
  }
  bench::report_value(state, nanoseconds, "ns");
}
BENCHMARK_CAPTURE(fold, one, 1)->Name("sketch.fold.1")->Iterations(1);
BENCHMARK_CAPTURE(fold, hundred, 100)->Name("sketch.fold.100")->Iterations(1);

// 20 sketches of 300 bins, each with samples in every one of them.
void encode(State& state) {
  constexpr std::size_t kContexts = 20;
  constexpr std::size_t kBins = 300;
  std::vector<double> values;
  for (std::size_t i = 0; i < kBins; ++i)
    values.push_back(10.0 * std::pow(65.0 / 64, static_cast<double>(i)));
  double microseconds = 0;
  for (auto _ : state) {
    Recorded recorded{kContexts, values};
    const double folding = kFew * Recorded::kInRing * seconds_of_sample(recorded);
    microseconds = 1e6 * (recorded.flush_of_rings(kFew) - folding) / kContexts;
  }
  bench::report_value(state, microseconds, "us");
}
BENCHMARK(encode)->Name("sketch.encode.300")->Iterations(1);

// All that a flush of a million samples of 100 contexts does that waited elsewhere, a sample.
void flush(State& state) {
  constexpr std::size_t kSamples = 1'000'000;
  double seconds = 0;
  for (auto _ : state) {
    Recorded recorded{100, latencies(10'007)};
    seconds = recorded.flush_of(kSamples);
  }
  bench::report_value(state, 1e9 * seconds / kSamples, "ns");
}
BENCHMARK(flush)->Name("sketch.flush")->Iterations(1);

void bytes(State& state, std::size_t samples, pawl::Switch sketches) {
  double sent = 0;
  for (auto _ : state) {
    const pawl::Client client = bench::make_client({.sketches = sketches,
                                                    .max_sample_bytes = std::size_t{1} << 30,
                                                    .background = pawl::Background::manual,
                                                    .transport = std::make_shared<bench::Sink>()});
    const pawl::Distribution latency = latency_of(client, kVersion);
    for (const double value : latencies(samples)) latency.record(value);
    bench::expect_arrived(client, samples, 0);
    sent = static_cast<double>(client.stats().traffic.bytes_sent);
  }
  bench::report_value(state, sent, "B");
}
BENCHMARK_CAPTURE(bytes, few, 10'000, pawl::Switch::on)->Name("sketch.bytes.1e4")->Iterations(1);
BENCHMARK_CAPTURE(bytes, many, 1'000'000, pawl::Switch::on)
    ->Name("sketch.bytes.1e6")
    ->Iterations(1);
BENCHMARK_CAPTURE(bytes, raw, 10'000, pawl::Switch::off)
    ->Name("raw.sample_bytes.1e4")
    ->Iterations(1);

double used_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// Contexts with the spread of 100 latencies, which are recorded twice so that they are folded. The
// datagrams of a flush are there before; they are so many that the spares, 2 MiB in all, are a
// small part.
void memory(State& state) {
  constexpr std::size_t kContexts = 10'000;
  double bytes = 0;
  for (auto _ : state) {
    Recorded recorded{kContexts, latencies(100)};
    recorded.flush_of(100 * kContexts);
    recorded.flush_of(0);
    const double before = used_bytes();
    recorded.flush_of(200 * kContexts);
    bytes = (used_bytes() - before) / kContexts;
  }
  bench::report_value(state, bytes, "B");
}
BENCHMARK(memory)->Name("sketch.memory")->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
