// What does a tracer hold of a million spans a minute, and what does it lose? Four threads end
// 16,667 spans a second in all, requests with twelve tags inside of a web request; the tracer
// flushes by itself, with its defaults, to an Agent that answers at once (quick), after 100 ms
// (slow), or never (stuck). Lost is what the ledger says was dropped, in percent; memory is the
// growth of the process. Beside it (maps), a list of objects with maps behind a mutex, which
// another thread takes once a second and encodes, and sends nowhere.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

#include "calls.h"
#include "own_process.h"
#include "spans.h"
#include "trace_receiver.h"

namespace {

using benchmark::State;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kThreads = 4;
constexpr double kSpansASecond = 1'000'000.0 / 60;
constexpr std::uint64_t kSpansOfTrace = 2;

struct Held {
  std::uint64_t spans = 0;
  double lost = 0;    // percent
  double memory = 0;  // MB, the most that the process grew by
};

// PAWL_BENCH_SECONDS: how long each load is kept up; 5 s when unset.
std::chrono::seconds load_time() {
  const char* set = std::getenv("PAWL_BENCH_SECONDS");
  return std::chrono::seconds{set != nullptr ? std::max(1, std::atoi(set)) : 5};
}

double resident_mb() {
  std::ifstream statm{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

// Traces at this thread's share of the rate; a late wake is made up for. Gives how many it made.
std::uint64_t keep_up(Clock::time_point start, const std::function<void()>& trace) {
  const double traces_a_second = kSpansASecond / kSpansOfTrace / kThreads;
  std::uint64_t traces = 0;
  for (auto tick = start; tick - start < load_time(); tick += 1ms) {
    std::this_thread::sleep_until(tick);
    const std::chrono::duration<double> passed = tick - start;
    for (; static_cast<double>(traces) < passed.count() * traces_a_second; ++traces) trace();
  }
  return traces;
}

// Gives how many spans the threads made; `peak` is the most memory meanwhile.
std::uint64_t load(const std::function<void()>& trace, double& peak) {
  std::atomic<std::uint64_t> traces{0};
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads(kThreads);
  const auto start = Clock::now();
  for (std::thread& thread : threads)
    thread = std::thread{[&] {
      traces += keep_up(start, trace);
      --running;
    }};
  while (running != 0) {
    peak = std::max(peak, resident_mb());
    std::this_thread::sleep_for(5ms);
  }
  for (std::thread& thread : threads) thread.join();
  const auto expected = kSpansASecond * static_cast<double>(load_time().count());
  const auto spans = traces * kSpansOfTrace;
  bench::expect(static_cast<double>(spans) > 0.99 * expected, "the rate was not kept up");
  return spans;
}

Held hold(std::chrono::milliseconds answers_after) {
  bench::TraceReceiver receiver{answers_after};
  const double before = resident_mb();
  auto options = bench::span_options(receiver.url());
  options.background = pawl::Background::threads;
  const pawl::trace::Tracer tracer = bench::make_tracer(std::move(options));
  double peak = before;
  Held held;
  held.spans = load(
      [&tracer] {
        auto root = tracer.start("http.request", {.resource = "POST /chat", .type = "web"});
        auto span = root.child("llm.request", {.resource = "support_triage", .type = "llm"});
        bench::tell(span);
      },
      peak);
  tracer.close();
  const pawl::trace::TraceStats stats = tracer.stats();
  bench::expect(stats.balanced() && stats.open == 0 && stats.pending == 0, "the ledger");
  bench::expect(stats.started == held.spans, "spans started");
  held.lost = 100 * static_cast<double>(stats.dropped.total()) / static_cast<double>(stats.started);
  held.memory = peak - before;
  return held;
}

// The list of spans that end, and the thread that takes it.
class MapTracer {
 public:
  ~MapTracer() {
    ends_ = true;
    flusher_.join();
  }
  void trace() {
    auto root = std::make_unique<bench::MapSpan>(++id_);
    auto span = bench::finished_map_span(++id_);
    root->finish();
    const std::lock_guard lock{mutex_};
    finished_.push_back(std::move(span));
    finished_.push_back(std::move(root));
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  using Spans = std::vector<std::unique_ptr<bench::MapSpan>>;

  void flush_each_second() {
    for (auto next = Clock::now() + 1s; !ends_; std::this_thread::sleep_for(5ms)) {
      if (Clock::now() < next) continue;
      next += 1s;
      flush();
    }
  }
  void flush() {
    Spans taken;
    {
      const std::lock_guard lock{mutex_};
      taken.swap(finished_);
    }
    std::string body;
    for (const auto& span : taken) span->encode(body);
    bytes_ += body.size();
  }

  std::atomic<std::uint64_t> id_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<bool> ends_{false};
  std::mutex mutex_;
  Spans finished_;
  std::thread flusher_{[this] { flush_each_second(); }};
};

Held hold_maps() {
  const double before = resident_mb();
  double peak = before;
  Held held;
  MapTracer tracer;
  held.spans = load([&tracer] { tracer.trace(); }, peak);
  held.memory = peak - before;
  return held;
}

// One load, of which the rows say different things.
const Held& held_by(const std::string& which) {
  static std::vector<std::pair<std::string, Held>> known;
  for (const auto& [name, held] : known)
    if (name == which) return held;
  const Held held = bench::in_own_process([&which] {
    if (which == "maps") return hold_maps();
    return hold(which == "quick" ? 0ms : which == "slow" ? 100ms : std::chrono::hours{1});
  });
  return known.emplace_back(which, held).second;
}

void offer(const std::string& which, const char* what, double Held::*field, const char* unit) {
  const auto body = [which, field, unit](State& state) {
    for (auto _ : state) bench::report_value(state, held_by(which).*field, unit);
    state.counters["spans"] = static_cast<double>(held_by(which).spans);
  };
  benchmark::RegisterBenchmark(("spans_1m." + std::string{what} + "." + which).c_str(), body)
      ->Iterations(1)
      ->Repetitions(1)
      ->UseRealTime();
}

}  // namespace

int main(int argc, char** argv) {
  for (const char* which : {"quick", "slow", "stuck"}) {
    offer(which, "lost", &Held::lost, "% lost");
    offer(which, "memory", &Held::memory, "MB");
  }
  offer("maps", "memory", &Held::memory, "MB");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
