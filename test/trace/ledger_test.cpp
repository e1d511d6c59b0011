// Every span that ends is accepted, counted as dropped with a reason, or pending.

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/trace.h>

#include "support/alloc_counter.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::test::AllocCounter;
using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::trace::Fate;
using pawl::trace::Span;
using pawl::trace::SpanDrop;
using pawl::trace::TraceStats;
using namespace std::chrono_literals;

TEST_CASE("a span is open, then pending, then accepted") {
  MemoryTracer t;
  Span span = t.tracer.start("s");
  CHECK(t.tracer.stats().open == 1);
  span.finish();
  CHECK(t.tracer.stats().open == 0);
  CHECK(t.tracer.stats().pending == 1);
  CHECK(t.tracer.flush());
  const TraceStats stats = t.tracer.stats();
  CHECK(stats.pending == 0);
  CHECK(stats.accepted == 1);
  CHECK(stats.chunks_accepted == 1);
  CHECK(stats.balanced());
}

TEST_CASE("what the Agent does not take is counted under its reason") {
  const std::vector<std::pair<Fate, SpanDrop>> cases = {
      {Fate::refused, SpanDrop::refused},
      {Fate::too_large, SpanDrop::too_large},
      {Fate::throttled, SpanDrop::throttled},
      {Fate::failed, SpanDrop::server_error},
      {Fate::unreachable, SpanDrop::unreachable},
      {Fate::timed_out, SpanDrop::timed_out},
      {Fate::no_http, SpanDrop::no_http},
      {Fate::no_memory, SpanDrop::no_memory},
  };
  for (const auto& [fate, reason] : cases) {
    MemoryTracer t;
    t.far->answer.spans = fate;
    Span root = t.tracer.start("root");
    root.child("child").finish();
    root.finish();
    CHECK_FALSE(t.tracer.flush());
    const TraceStats stats = t.tracer.stats();
    CHECK(stats.dropped[reason] == 2);
    CHECK(stats.dropped.total() == 2);
    CHECK(stats.pending == 0);
    CHECK(stats.balanced());
  }
}

TEST_CASE("a trace of many spans leaves in parts, each with the trace's tags") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  for (int i = 0; i < 501; ++i) root.child("child").finish();
  auto chunks = t.flush();
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].spans.size() == 501);
  CHECK(chunks[0].spans[0].metrics.count("_sampling_priority_v1") == 1);
  CHECK(chunks[0].spans[0].meta.count("_dd.p.tid") == 1);
  CHECK(t.tracer.stats().partial_chunks == 1);
  root.finish();
  chunks = t.flush();
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].spans.size() == 1);
  CHECK(chunks[0].spans[0].metrics.count("_sampling_priority_v1") == 1);
}

TEST_CASE("what has waited for ten flushes leaves without the spans that are open") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  root.child("early").finish();
  CHECK(t.flush().empty());
  t.clock->advance(9s);
  CHECK(t.flush().empty());
  t.clock->advance(1s);
  const auto spans = t.flush_one();
  CHECK(spans.size() == 1);
  CHECK(spans[0].name == "early");
}

TEST_CASE("beyond the buffer the newest traces are dropped whole, and what was there arrives") {
  auto options = quiet_tracer();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  const std::string value(1'000, 'v');
  constexpr std::uint64_t kTraces = 500;
  for (std::uint64_t i = 0; i < kTraces; ++i) {
    Span root = t.tracer.start("root");
    root.child("child").tag("k", value).finish();
    root.tag("k", value);
  }
  const TraceStats before = t.tracer.stats();
  CHECK(before.dropped[SpanDrop::buffer_full] > 0);
  CHECK(before.buffered_bytes <= 256 << 10);
  const auto chunks = t.flush();
  CHECK(2 * chunks.size() + before.dropped.total() == 2 * kTraces);
  for (const auto& chunk : chunks) CHECK(chunk.spans.size() == 2);
  CHECK(t.tracer.stats().accepted == 2 * chunks.size());
  // Room again.
  t.tracer.start("later").finish();
  CHECK(t.flush().size() == 1);
}

TEST_CASE("a trace whose last span found no room is sent without it") {
  auto options = quiet_tracer();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  Span root = t.tracer.start("root");
  root.child("small").finish();
  const std::string value(25'000, 'v');
  for (int i = 0; i < 12; ++i) root.tag("k" + std::to_string(i), value);
  root.finish();  // some 300 KB
  const auto spans = t.flush_one();
  CHECK(spans.size() == 1);
  CHECK(t.tracer.stats().dropped[SpanDrop::buffer_full] == 1);
}

TEST_CASE("a span that takes most of the buffer leaves it free once it was sent") {
  auto options = quiet_tracer();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  Span large = t.tracer.start("large");
  const std::string value(25'000, 'v');
  for (int i = 0; i < 9; ++i) large.tag("k" + std::to_string(i), value);
  large.tag("rest", std::string_view{value}.substr(0, 8'000)).finish();
  CHECK(t.tracer.stats().buffered_bytes > (256 << 10) * 7 / 8);
  CHECK(t.flush_one().size() == 1);
  CHECK(t.tracer.stats().buffered_bytes == 0);
  t.tracer.start("small").finish();
  CHECK(t.flush_one().at(0).name == "small");
  CHECK(t.tracer.stats().dropped.total() == 0);
}

TEST_CASE("traces that are refused take no memory, however many they are and whoever ends them") {
  PAWL_SKIP_UNDER_SANITIZER();
  auto options = quiet_tracer();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  while (t.tracer.stats().dropped[SpanDrop::buffer_full] == 0) t.tracer.start("fills").finish();
  const auto trace_some = [&t] {
    Span root = t.tracer.start("root");
    Span child = root.child("child");
    root.finish();
    child.child("grandchild").finish();
  };
  for (int i = 0; i < 10; ++i) trace_some();  // its drafts have room for their tags
  const AllocCounter allocations;
  for (int i = 0; i < 1'000; ++i) trace_some();
  CHECK(allocations.allocations() == 0);
  CHECK(t.tracer.stats().dropped[SpanDrop::buffer_full] == 1 + 3 * 1'010);
  t.flush();
  t.tracer.start("later").finish();
  CHECK(t.flush_one().size() == 1);
}

TEST_CASE("a refused trace is taken back once, though its spans end on many threads") {
  auto options = quiet_tracer();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  while (t.tracer.stats().dropped[SpanDrop::buffer_full] == 0) t.tracer.start("fills").finish();
  for (int i = 0; i < 200; ++i) {
    Span root = t.tracer.start("root");
    std::thread other{[child = root.child("child")]() mutable { child.child("below").finish(); }};
    root.finish();
    other.join();
    // Were it taken back twice, two traces would share one state.
    const Span one = t.tracer.start("one");
    const Span two = t.tracer.start("two");
    CHECK(one.trace_low() != two.trace_low());
    CHECK(one.context().trace_low != two.context().trace_low);
  }
  CHECK(t.tracer.stats().balanced());
}

TEST_CASE("close sends the rest, incomplete traces too; then spans are counted and nothing else") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  root.child("child").finish();
  CHECK_FALSE(t.tracer.close());
  CHECK(t.far->take().size() == 1);
  root.finish();
  Span late = t.tracer.start("late");
  CHECK_FALSE(late);
  late.tag("a", "b").finish();
  const TraceStats stats = t.tracer.stats();
  CHECK(stats.dropped[SpanDrop::closed] == 2);
  CHECK(stats.pending == 0);
  CHECK(stats.open == 0);
  CHECK(stats.balanced());
  CHECK(t.tracer.flush());
  CHECK(t.far->take().empty());
}

TEST_CASE("what close had no time for is dropped as such") {
  MemoryTracer t;
  t.tracer.start("s").finish();
  const auto lost = t.tracer.close(0ms);
  CHECK(lost[SpanDrop::shutdown] == 1);
  CHECK(t.tracer.stats().balanced());
}

TEST_CASE("close lets go of the connection, though an open span keeps the rest") {
  MemoryTracer t;
  const Span open = t.tracer.start("s");
  CHECK(t.far.use_count() == 2);
  t.tracer.close();
  CHECK(t.far.use_count() == 1);
}

TEST_CASE("a span may end after its tracer") {
  Span late;
  {
    MemoryTracer t;
    late = t.tracer.start("s");
  }
  late.tag("still", "there").finish();
  CHECK_FALSE(late);
}

TEST_CASE("a tracer that is switched off makes spans that cost nothing and say nothing") {
  auto options = quiet_tracer();
  options.enabled = pawl::Switch::off;
  MemoryTracer t{options};
  CHECK_FALSE(t.tracer.enabled());
  const Span span = t.tracer.start("s");
  CHECK_FALSE(span);
  CHECK_FALSE(span.child("c"));
  CHECK_FALSE(span.context());
  CHECK(t.tracer.stats().started == 0);
}

TEST_CASE("the background thread sends without being asked" * doctest::test_suite("concurrent")) {
  auto options = quiet_tracer();
  options.background = pawl::Background::threads;
  options.flush_interval = 100ms;
  MemoryTracer t{options};
  t.tracer.start("s").finish();
  const auto patience = std::chrono::steady_clock::now() + 30s;
  while (t.tracer.stats().accepted == 0 && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  CHECK(t.tracer.stats().accepted == 1);
}

TEST_CASE("the ledger is exact while threads trace, flush and fail" *
          doctest::test_suite("concurrent")) {
  auto options = quiet_tracer();
  options.background = pawl::Background::threads;
  options.flush_interval = 100ms;
  options.max_buffer_bytes = 512 << 10;
  MemoryTracer t{options};
  constexpr int kThreads = 4;
  constexpr std::uint64_t kTraces = 2'000;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int n = 0; n < kThreads; ++n)
    threads.emplace_back([&t] {
      for (std::uint64_t i = 0; i < kTraces; ++i) {
        Span root = t.tracer.start("root");
        Span child = root.child("child");
        child.tag("key", "value").metric("n", i);
        // Ends on another thread's turn: the parent first, every other time.
        if (i % 2 == 0) root.finish();
      }
    });
  std::thread reader{[&] {
    while (!stop) {
      CHECK(t.tracer.stats().balanced());
      t.tracer.flush();
    }
  }};
  for (std::thread& thread : threads) thread.join();
  stop = true;
  reader.join();
  t.tracer.close();
  const TraceStats stats = t.tracer.stats();
  CHECK(stats.balanced());
  CHECK(stats.started == 2 * kThreads * kTraces);
  CHECK(stats.finished == stats.started);
  CHECK(stats.pending == 0);
  std::uint64_t seen = 0;
  for (const auto& chunk : t.far->take()) seen += chunk.spans.size();
  CHECK(seen == stats.accepted);
}

TEST_CASE("spans may end on another thread than they began on" *
          doctest::test_suite("concurrent")) {
  MemoryTracer t;
  for (int i = 0; i < 100; ++i) {
    Span root = t.tracer.start("root");
    std::thread{[child = root.child("child")]() mutable {
      child.tag("on", "another").finish();
    }}.join();
    root.finish();
  }
  const auto chunks = t.flush();
  CHECK(chunks.size() == 100);
  for (const auto& chunk : chunks) CHECK(chunk.spans.size() == 2);
  // Threads that ended handed their memory on.
  CHECK(t.tracer.stats().threads <= 2);
}

}  // namespace
