// Spans at full speed to an Agent that is slow: memory is bounded, and the ledger exact.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "trace/memory_tracer.h"

namespace {

using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::trace::Span;
using pawl::trace::SpanDrop;
using pawl::trace::Tracer;
using pawl::trace::TraceStats;
using namespace std::chrono_literals;

constexpr std::size_t kBuffer = std::size_t{1} << 20;
constexpr std::uint64_t kThreads = 4;
constexpr std::uint64_t kTraces = 12'500;  // of two spans, each thread's

void trace_one(const Tracer& tracer, std::uint64_t number) {
  Span root = tracer.start("root", {.resource = "POST /chat"});
  root.tag("key", "a value of some length, as they are").metric("n", number);
  root.child("child").tag("key", "value").finish();
}

// Answers each request only when the threads have ended some thousand spans more, or all.
class SlowAgent {
 public:
  explicit SlowAgent(MemoryTracer& t) : t_(t) {
    t.far->while_sending = [this] {
      const std::uint64_t wanted = ended_ + 4'000;
      while (ended_ < wanted && !done_) std::this_thread::yield();
      most_buffered_ = std::max<std::uint64_t>(most_buffered_, t_.tracer.stats().buffered_bytes);
    };
  }
  void count() { ++ended_; }
  void let_go() { done_ = true; }
  std::uint64_t most_buffered() const { return most_buffered_; }

 private:
  MemoryTracer& t_;
  std::atomic<std::uint64_t> ended_{0};
  std::atomic<bool> done_{false};
  std::atomic<std::uint64_t> most_buffered_{0};
};

TEST_CASE("100,000 spans to a slow Agent take bounded memory, and each is sent or counted" *
          doctest::test_suite("concurrent")) {
  auto options = quiet_tracer();
  options.background = pawl::Background::threads;
  options.flush_interval = 100ms;
  options.max_buffer_bytes = kBuffer;
  MemoryTracer t{options};
  SlowAgent agent{t};
  std::vector<std::thread> threads;
  for (std::uint64_t n = 0; n < kThreads; ++n)
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; i < kTraces; ++i) {
        trace_one(t.tracer, i);
        agent.count();
      }
    });
  for (std::thread& thread : threads) thread.join();
  agent.let_go();
  t.tracer.close(30s);
  const TraceStats stats = t.tracer.stats();
  CHECK(stats.balanced());
  CHECK(stats.started == 2 * kThreads * kTraces);
  CHECK(stats.finished == stats.started);
  CHECK(stats.pending == 0);
  CHECK(stats.accepted > 0);
  CHECK(stats.dropped[SpanDrop::buffer_full] > 0);
  CHECK(stats.dropped.total() == stats.dropped[SpanDrop::buffer_full]);
  CHECK(stats.buffered_bytes <= kBuffer);
  // What is on its way comes on top: the copy of what was taken, at the most once more.
  CHECK(agent.most_buffered() <= 2 * kBuffer);
  std::uint64_t seen = 0;
  for (const auto& chunk : t.far->take()) {
    CHECK(chunk.spans.size() == 2);
    seen += chunk.spans.size();
  }
  CHECK(seen == stats.accepted);
}

}  // namespace
