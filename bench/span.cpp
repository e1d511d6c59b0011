// What does a span cost its caller, from start to finish, with twelve tags; and the flush of each,
// user time of the flushing thread, to an Agent that takes everything? Beside it, a tracer that
// keeps maps of strings and encodes them when it flushes.

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include <pawl/trace.h>

#include "calls.h"
#include "trace_receiver.h"
#include "work.h"

namespace {

using benchmark::State;
using pawl::trace::Tracer;
using pawl::trace::TraceStats;

constexpr int kBurst = 1'000;  // spans between two flushes, which are not timed
constexpr std::int64_t kSpans = 400'000;

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTexts{
    {{"llm.provider", "openai"},
     {"llm.model", "gpt-4.1"},
     {"llm.prompt_name", "support_triage"},
     {"llm.prompt_version", "2026-06-01.3"},
     {"llm.feature", "support_agent"},
     {"llm.tenant_id", "tenant-4711"}}};
constexpr std::array<std::pair<std::string_view, double>, 6> kNumbers{
    {{"llm.latency_ms", 1430.25},
     {"llm.first_token_latency_ms", 312.5},
     {"llm.input_tokens", 1840},
     {"llm.output_tokens", 312},
     {"llm.total_tokens", 2152},
     {"llm.estimated_cost_usd", 0.006176}}};

template <class Span>
void tell(Span& span) {
  for (const auto& [key, value] : kTexts) span.tag(key, value);
  for (const auto& [key, value] : kNumbers) span.metric(key, value);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

// User time of this thread, without what the kernel does for it.
double user_seconds() {
  rusage usage{};
  bench::expect(::getrusage(RUSAGE_THREAD, &usage) == 0, "the thread's times");
  return seconds(usage.ru_utime);
}

// Runs bursts of spans and a flush after each; `timed` says which of the two is measured.
enum class Timed : std::uint8_t { spans, flush };

template <class Burst, class Flush>
void measure(State& state, Timed timed, const Burst& burst, const Flush& flush) {
  burst();
  flush();
  std::uint64_t allocations = 0;
  std::uint64_t spans = 0;
  while (state.KeepRunningBatch(kBurst)) {
    const auto start = std::chrono::steady_clock::now();
    const std::uint64_t allocated = bench::allocations();
    burst();
    allocations += bench::allocations() - allocated;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const double before = user_seconds();
    flush();
    state.SetIterationTime(timed == Timed::spans ? took.count() : user_seconds() - before);
    spans += kBurst;
  }
  if (timed == Timed::spans)
    state.counters["allocations"] = static_cast<double>(allocations) / static_cast<double>(spans);
}

void pawl_spans(State& state, Timed timed) {
  bench::TraceReceiver receiver;
  auto made = Tracer::create({.agent_url = receiver.url(),
                              .service = "ai-api",
                              .env = "prod",
                              .version = "1.4.2",
                              .background = pawl::Background::manual,
                              .environment = pawl::Switch::off});
  bench::expect(made.ok(), "a tracer");
  const Tracer& tracer = *made;
  const auto burst = [&tracer] {
    for (int i = 0; i < kBurst; ++i) {
      auto span = tracer.start("llm.request", {.resource = "support_triage", .type = "llm"});
      tell(span);
    }
  };
  const auto flush = [&tracer] {
    bench::expect(tracer.flush(std::chrono::seconds{10}), "all spans accepted");
  };
  measure(state, timed, burst, flush);
  const TraceStats stats = tracer.stats();
  bench::expect(stats.accepted == stats.started && stats.balanced(), "the ledger");
}
BENCHMARK_CAPTURE(pawl_spans, spans, Timed::spans)
    ->Name("span.tags12")
    ->Iterations(kSpans)
    ->UseManualTime();
BENCHMARK_CAPTURE(pawl_spans, flush, Timed::flush)
    ->Name("span.flush")
    ->Iterations(kSpans)
    ->UseManualTime();

// The usual way: an object with maps, kept until the flush.
class MapSpan {
 public:
  MapSpan(std::string name, std::string resource, std::string type, std::uint64_t id)
      : name_(std::move(name)), resource_(std::move(resource)), type_(std::move(type)), id_(id) {
    tag("env", "prod");
    tag("version", "1.4.2");
  }
  void tag(std::string_view key, std::string_view value) { meta_[std::string{key}] = value; }
  void metric(std::string_view key, double value) { metrics_[std::string{key}] = value; }
  void finish() { duration_ = std::chrono::steady_clock::now() - start_; }

  void encode(std::string& out) const {
    out += '\x8c';
    for (const auto& [key, text] : {std::pair{"service", &service_},
                                    {"name", &name_},
                                    {"resource", &resource_},
                                    {"type", &type_}}) {
      put_text(out, key);
      put_text(out, *text);
    }
    for (const char* key : {"trace_id", "span_id", "parent_id", "start", "duration", "error"}) {
      put_text(out, key);
      put_number(out, '\xcf', id_ + static_cast<std::uint64_t>(duration_.count()));
    }
    put_text(out, "meta");
    put_size(out, meta_.size());
    for (const auto& [key, value] : meta_) {
      put_text(out, key);
      put_text(out, value);
    }
    put_text(out, "metrics");
    put_size(out, metrics_.size());
    for (const auto& [key, value] : metrics_) {
      put_text(out, key);
      put_number(out, '\xcb', std::bit_cast<std::uint64_t>(value));
    }
  }

 private:
  static void put_text(std::string& out, std::string_view text) {
    out += '\xd9';
    out += static_cast<char>(text.size());
    out += text;
  }
  static void put_size(std::string& out, std::size_t size) {
    out += '\xde';
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size);
  }
  static void put_number(std::string& out, char type, std::uint64_t value) {
    out += type;
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(value >> static_cast<unsigned>(shift));
  }

  std::string service_ = "ai-api", name_, resource_, type_;
  std::uint64_t id_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds duration_{};
  std::unordered_map<std::string, std::string> meta_;
  std::unordered_map<std::string, double> metrics_;
};

void map_spans(State& state, Timed timed) {
  std::vector<std::unique_ptr<MapSpan>> finished;
  std::uint64_t id = 0;
  std::uint64_t bytes = 0;
  const auto burst = [&] {
    for (int i = 0; i < kBurst; ++i) {
      auto span = std::make_unique<MapSpan>("llm.request", "support_triage", "llm", ++id);
      tell(*span);
      span->finish();
      finished.push_back(std::move(span));
    }
  };
  const auto flush = [&] {
    std::string body;
    for (const auto& span : finished) span->encode(body);
    bytes += body.size();
    finished.clear();
  };
  measure(state, timed, burst, flush);
  bench::expect(bytes > 300 * id, "bytes encoded");
}
BENCHMARK_CAPTURE(map_spans, spans, Timed::spans)
    ->Name("map_spans.tags12")
    ->Iterations(kSpans)
    ->UseManualTime();
BENCHMARK_CAPTURE(map_spans, flush, Timed::flush)
    ->Name("map_spans.flush")
    ->Iterations(kSpans)
    ->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
