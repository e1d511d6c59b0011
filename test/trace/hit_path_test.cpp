// A span of a thread that has had some: no allocation, no lock, no system call.

#include <memory>
#include <thread>
#include <utility>

#include <doctest/doctest.h>

#include <pawl/trace.h>

#include "support/alloc_counter.h"
#include "support/lock_counter.h"
#include "support/system_calls.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::test::AllocCounter;
using pawl::test::LockCounter;
using pawl::test::makes_no_system_call;
using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::trace::Span;
using pawl::trace::Tracer;

// Twelve tags, a child, and an error: a few hundred bytes, of which the block of an arena has room
// for many.
void trace_one(const Tracer& tracer) {
  Span root = tracer.start("http.request", {.resource = "POST /chat", .type = "web"});
  for (const char* key : {"a", "bb", "ccc", "http.method", "http.route", "zone"})
    root.tag(key, "some value");
  for (const char* key : {"n1", "n2", "n3", "bytes", "tokens", "cost"}) root.metric(key, 12.5);
  Span child = root.child("tool.call", {.resource = "search"});
  child.error("timeout").finish();
  root.finish();
}

pawl::trace::TracerOptions with_the_system_clock() {
  auto options = quiet_tracer();
  options.clock = std::make_shared<pawl::Clock>();
  return options;
}

TEST_CASE("a span allocates nothing and takes no lock once its thread is warm") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryTracer t{with_the_system_clock()};
  // As many as will be under way at once: until a flush, traces are not used again.
  for (int i = 0; i < 40; ++i) trace_one(t.tracer);
  t.flush();
  trace_one(t.tracer);
  const AllocCounter allocations;
  const LockCounter locks;
  for (int i = 0; i < 20; ++i) trace_one(t.tracer);
  CHECK(allocations.allocations() == 0);
  CHECK(allocations.frees() == 0);
  CHECK(locks.locks() == 0);
}

TEST_CASE("a span makes no system call once its thread is warm") {
  MemoryTracer t{with_the_system_clock()};
  CHECK(makes_no_system_call([&t] {
    for (int i = 0; i < 10; ++i) trace_one(t.tracer);
  }));
}

TEST_CASE("spans that end on another thread come back to be used again") {
  PAWL_SKIP_UNDER_SANITIZER();
  MemoryTracer t{with_the_system_clock()};
  const auto once = [&t] {
    Span span = t.tracer.start("s");
    pawl::trace::Draft* const draft = pawl::trace::Access::draft(span);
    std::thread{[moved = std::move(span)]() mutable { moved.finish(); }}.join();
    return draft;
  };
  const auto* const first = once();
  t.flush();
  CHECK(once() == first);
}

}  // namespace
