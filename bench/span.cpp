// What does a span cost its caller, from start to finish, with twelve tags; and the flush of each,
// with libcurl, over a Unix socket to an Agent that takes everything? All is CPU time of the thread
// that does it; of the flush without the kernel (span.flush), the time in the calls that libcurl
// sends and waits by is taken off. Beside it, a tracer that keeps maps of strings and encodes them
// when it flushes, for nobody.

#include <chrono>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"
#include "spans.h"
#include "trace_receiver.h"

namespace {

using benchmark::State;
using pawl::trace::Tracer;

constexpr int kBurst = 1'000;  // spans between two flushes
constexpr std::int64_t kSpans = 200'000;

constinit thread_local double t_kernel_seconds = 0;
constinit thread_local std::uint64_t t_kernel_calls = 0;

double cpu_seconds() {
  timespec time{};
  bench::expect(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0, "the thread's time");
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Counts what is between its making and its end as the kernel's.
class InKernel {
 public:
  ~InKernel() {
    t_kernel_seconds += cpu_seconds() - start_;
    ++t_kernel_calls;
  }

 private:
  const double start_ = cpu_seconds();
};

// What reading the clock twice takes beyond what it finds: calls of the kernel, too.
double seconds_of_looking() {
  static const double kSeconds = [] {
    constexpr int kLooks = 10'000;
    const double found = t_kernel_seconds;
    const double start = cpu_seconds();
    for (int i = 0; i < kLooks; ++i) const InKernel look{};
    return (cpu_seconds() - start - (t_kernel_seconds - found)) / kLooks;
  }();
  return kSeconds;
}

// What the kernel has had of this thread.
double kernel_seconds() {
  return t_kernel_seconds + static_cast<double>(t_kernel_calls) * seconds_of_looking();
}

}  // namespace

// The program's own, which libcurl finds before the C library's.
extern "C" ssize_t send(int socket, const void* bytes, size_t size, int flags) {
  const InKernel in;
  return ::syscall(SYS_sendto, socket, bytes, size, flags, nullptr, 0);
}
extern "C" ssize_t recv(int socket, void* bytes, size_t size, int flags) {
  const InKernel in;
  return ::syscall(SYS_recvfrom, socket, bytes, size, flags, nullptr, nullptr);
}
extern "C" int poll(pollfd* polled, nfds_t count, int timeout) {
  const InKernel in;
  const timespec time{timeout / 1'000, timeout % 1'000 * 1'000'000L};
  const timespec* const limit = timeout < 0 ? nullptr : &time;
  return static_cast<int>(::syscall(SYS_ppoll, polled, count, limit, nullptr, 0));
}

namespace {

template <class Record>
void burst(const Record& record) {
  for (int i = 0; i < kBurst; ++i) record();
}

// Bursts and flushes take turns; the first make what is made once.
template <class Record, class Flush>
void warm(const Record& record, const Flush& flush) {
  for (int i = 0; i < 3; ++i) {
    burst(record);
    flush();
  }
}

template <class Record, class Flush>
void measure_spans(State& state, const Record& record, const Flush& flush) {
  warm(record, flush);
  std::uint64_t allocations = 0;
  while (state.KeepRunningBatch(kBurst)) {
    const std::uint64_t allocated = bench::allocations();
    const double start = cpu_seconds();
    burst(record);
    state.SetIterationTime(cpu_seconds() - start);
    allocations += bench::allocations() - allocated;
    flush();
  }
  state.counters["allocations"] = {static_cast<double>(allocations),
                                   benchmark::Counter::kAvgIterations};
  bench::CallTimes times;
  for (int i = 0; i < 50; ++i) {
    burst([&] { times.time(record); });
    flush();
  }
  times.report(state);
}

enum class Kernel : std::uint8_t { with, without };

template <class Record, class Flush>
void measure_flush(State& state, Kernel kernel, const Record& record, const Flush& flush) {
  warm(record, flush);
  while (state.KeepRunningBatch(kBurst)) {
    burst(record);
    const double kernel_before = kernel_seconds();
    const double start = cpu_seconds();
    flush();
    const double took = cpu_seconds() - start;
    const double in_kernel = kernel_seconds() - kernel_before;
    state.SetIterationTime(kernel == Kernel::with ? took : took - in_kernel);
  }
}

template <class Measure>
void with_tracer(const Measure& measure) {
  bench::TraceReceiver receiver;
  const Tracer tracer = bench::make_tracer(bench::span_options(receiver.url()));
  const double before = t_kernel_seconds;
  measure([&tracer] { bench::record_span(tracer); },
          [&tracer] { bench::expect(tracer.flush(std::chrono::seconds{10}), "spans accepted"); });
  const pawl::trace::TraceStats stats = tracer.stats();
  bench::expect(stats.accepted == stats.started && stats.balanced(), "the ledger");
  bench::expect(t_kernel_seconds > before, "libcurl sends by other calls");
}

void tags12(State& state) {
  with_tracer(
      [&state](const auto& record, const auto& flush) { measure_spans(state, record, flush); });
}
BENCHMARK(tags12)->Name("span.tags12")->Iterations(kSpans)->UseManualTime();

void flush(State& state, Kernel kernel) {
  with_tracer([&state, kernel](const auto& record, const auto& flush) {
    measure_flush(state, kernel, record, flush);
  });
}
BENCHMARK_CAPTURE(flush, user, Kernel::without)
    ->Name("span.flush")
    ->Iterations(kSpans)
    ->UseManualTime();
BENCHMARK_CAPTURE(flush, all, Kernel::with)
    ->Name("span.flush.uds")
    ->Iterations(kSpans)
    ->UseManualTime();

template <class Measure>
void with_maps(const Measure& measure) {
  std::vector<std::unique_ptr<bench::MapSpan>> finished;
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;
  const auto record = [&] { finished.push_back(bench::finished_map_span(++id)); };
  const auto flush = [&] {
    std::string body;
    for (const auto& span : finished) span->encode(body);
    bytes += body.size();
    finished.clear();
  };
  measure(record, flush);
  bench::expect(bytes > 300 * id, "bytes encoded");
}

void map_tags12(State& state) {
  with_maps(
      [&state](const auto& record, const auto& flush) { measure_spans(state, record, flush); });
}
BENCHMARK(map_tags12)->Name("map_spans.tags12")->Iterations(kSpans)->UseManualTime();

void map_flush(State& state) {
  with_maps([&state](const auto& record, const auto& flush) {
    measure_flush(state, Kernel::with, record, flush);
  });
}
BENCHMARK(map_flush)->Name("map_spans.flush")->Iterations(kSpans)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
