// What the Agent's normaliser would reject or change never leaves: whatever random programs say.

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/trace_llm.h>

#include "support/seed.h"
#include "trace/memory_tracer.h"
#include "trace/text.h"

namespace {

using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::test::Random;
using pawl::test::SeenChunk;
using pawl::test::SeenSpan;
using pawl::trace::is_utf8;
using pawl::trace::Span;

std::string random_text(Random& random) {
  if (random.chance(0.02)) return random.bytes(random.below(60'000));
  if (random.chance(0.1)) return random.bytes(random.below(300));
  return random.text(random.below(24), "abcdefghij._-/");
}

void say_something(Span& span, Random& random) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  switch (random.below(8)) {
    case 0:
      span.resource(random_text(random));
      return;
    case 1:
      span.type(random_text(random));
      return;
    case 2:
      span.error(random_text(random), random_text(random), random_text(random));
      return;
    case 3:
      span.metric(random_text(random), random.chance(0.1) ? kNan : random.real());
      return;
    case 4:
      span.link(span.context());
      return;
    default:
      span.tag(random_text(random), random_text(random));
  }
}

// One program: spans begin, say things and end in any order.
void run(MemoryTracer& t, Random& random) {
  std::vector<Span> open;
  for (int step = 0; step < 300; ++step) {
    const std::size_t which = open.empty() ? 0 : random.below(open.size());
    if (open.empty() || random.chance(0.1))
      open.push_back(t.tracer.start(random_text(random), {.service = random_text(random)}));
    else if (random.chance(0.3))
      open.push_back(open[which].child(random_text(random), {.resource = random_text(random)}));
    else if (random.chance(0.3))
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
    else
      say_something(open[which], random);
    if (random.chance(0.02)) t.tracer.flush();
  }
}

void check_span(const SeenSpan& span) {
  CHECK(span.span_id != 0);
  CHECK(span.trace_id != 0);
  CHECK(span.duration >= 0);
  CHECK((span.error == 0 || span.error == 1));
  for (const std::string* text : {&span.service, &span.name, &span.type}) {
    CHECK(text->size() <= 100);
    CHECK(is_utf8(*text));
  }
  CHECK_FALSE(span.service.empty());
  CHECK_FALSE(span.name.empty());
  CHECK_FALSE(span.resource.empty());
  CHECK(span.resource.size() <= 5'000);
  CHECK(is_utf8(span.resource));
  for (const auto& [key, value] : span.meta) {
    CHECK_FALSE(key.empty());
    CHECK(key.size() <= 200);
    CHECK(value.size() <= 25'000);
    CHECK((is_utf8(key) && is_utf8(value)));
  }
  for (const auto& [key, value] : span.metrics) {
    CHECK((!key.empty() && key.size() <= 200 && is_utf8(key)));
    CHECK(value - value == 0);
  }
}

TEST_CASE("no span leaves that the Agent's normaliser would touch, and no chunk that it rejects") {
  Random random;
  std::size_t spans = 0;
  std::size_t long_chunks = 0;
  for (int i = 0; i < 60; ++i) {
    MemoryTracer t;
    run(t, random);
    t.tracer.close();
    CHECK(t.tracer.stats().balanced());
    CHECK(t.tracer.stats().dropped.total() == 0);
    std::set<std::uint64_t> ids;
    for (const SeenChunk& chunk : t.far->take()) {
      REQUIRE_FALSE(chunk.spans.empty());
      long_chunks += chunk.spans.size() > 3 ? 1U : 0U;
      for (const SeenSpan& span : chunk.spans) {
        check_span(span);
        CHECK(span.trace_id == chunk.spans[0].trace_id);
        CHECK(ids.insert(span.span_id).second);
        ++spans;
      }
      CHECK(chunk.spans[0].metrics.count("_sampling_priority_v1") == 1);
    }
    CHECK(spans >= ids.size());
  }
  CHECK(spans > 2'000);
  CHECK(long_chunks > 50);
}

TEST_CASE("ids of a hundred thousand spans differ") {
  auto options = quiet_tracer();
  options.max_buffer_bytes = 256 << 10;
  MemoryTracer t{options};
  std::set<std::uint64_t> ids;
  Span root = t.tracer.start("root");
  for (int i = 0; i < 100'000; ++i) {
    Span child = root.child("c");
    CHECK(ids.insert(child.id()).second);
    child.finish();
    if (i % 200 == 0) t.flush();
  }
}

}  // namespace
