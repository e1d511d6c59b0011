// Which traces are kept, and who decided.

#include "trace/sampler.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include <pawl/trace.h>

#include "support/seed.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::test::SeenSpan;
using pawl::trace::is_in_share;
using pawl::trace::matches_glob;
using pawl::trace::Rates;
using pawl::trace::Span;

struct Decided {
  double priority;
  std::string maker;
};

Decided decided(MemoryTracer& t, const char* name = "s", const char* service = "") {
  t.tracer.start(name, {.service = service}).finish();
  const SeenSpan seen = t.flush_one().at(0);
  const auto maker = seen.meta.find("_dd.p.dm");
  return {seen.metrics.at("_sampling_priority_v1"), maker == seen.meta.end() ? "" : maker->second};
}

TEST_CASE("patterns stand for any text, any character, in either case") {
  CHECK(matches_glob("*", ""));
  CHECK(matches_glob("*", "anything"));
  CHECK(matches_glob("a*c", "abbc"));
  CHECK(matches_glob("a*b*c", "a_b_b_c"));
  CHECK(matches_glob("A?C", "abc"));
  CHECK(matches_glob("web-*", "WEB-api"));
  CHECK_FALSE(matches_glob("a*c", "abcd"));
  CHECK_FALSE(matches_glob("a?c", "ac"));
  CHECK_FALSE(matches_glob("", "a"));
  CHECK(matches_glob("", ""));
}

// Golden: changes only if Datadog changes the hash of all its tracers.
TEST_CASE("the hash meets the rate as in every tracer of Datadog") {
  CHECK(is_in_share(1, 0.0603));  // 1111111111111111111 / 2^64 = 0.06023...
  CHECK_FALSE(is_in_share(1, 0.0602));
  CHECK(is_in_share(UINT64_MAX, 1));
  CHECK(is_in_share(0, 0));
  CHECK_FALSE(is_in_share(1, 0));
}

TEST_CASE("a share of all ids is kept that is close to the rate") {
  pawl::test::Random random;
  int kept = 0;
  constexpr int kIds = 100'000;
  for (int i = 0; i < kIds; ++i) kept += is_in_share(random.next(), 0.25) ? 1 : 0;
  CHECK(kept > kIds / 4 - 1'000);
  CHECK(kept < kIds / 4 + 1'000);
}

TEST_CASE("with nothing said, all is kept by nobody's decision") {
  MemoryTracer t;
  const Decided seen = decided(t);
  CHECK(seen.priority == 1);
  CHECK(seen.maker == "-0");
}

TEST_CASE("the rate of the options decides as a rule") {
  auto options = quiet_tracer();
  options.sample_rate = 0.0;
  MemoryTracer none{options};
  CHECK(decided(none).priority == -1);
  CHECK(decided(none).maker.empty());
  options.sample_rate = 1.0;
  MemoryTracer all{options};
  CHECK(decided(all).priority == 2);
  CHECK(decided(all).maker == "-3");
}

TEST_CASE("the first rule that matches the first span decides") {
  auto options = quiet_tracer();
  options.sample_rate = 1.0;
  options.rules = {{.service = "svc", .name = "health*", .rate = 0}, {.name = "job", .rate = 1}};
  MemoryTracer t{options};
  CHECK(decided(t, "health.check").priority == -1);
  CHECK(decided(t, "health.check", "other").priority == 2);
  CHECK(decided(t, "job").priority == 2);
}

TEST_CASE("the Agent's rates decide by service, and else by its default") {
  MemoryTracer t;
  t.far->rates = Rates{{.service = "svc", .env = "test", .rate = 0},
                       {.service = "other", .env = "another", .rate = 0},
                       {.service = "", .env = "", .rate = 1}};
  t.tracer.flush();
  CHECK(decided(t).priority == 0);
  const Decided other = decided(t, "s", "other");
  CHECK(other.priority == 1);
  CHECK(other.maker == "-1");
}

TEST_CASE("rates that the Agent no longer names are forgotten, and impossible ones never taken") {
  MemoryTracer t;
  t.far->rates = Rates{{.service = "svc", .env = "test", .rate = 0}};
  t.tracer.flush();
  CHECK(decided(t).priority == 0);
  t.far->rates = Rates{{.service = "svc", .env = "test", .rate = 2},
                       {.service = "svc", .env = "test", .rate = -1}};
  t.tracer.flush();
  CHECK(decided(t).priority == 1);
  CHECK(decided(t).maker == "-0");
}

TEST_CASE("more services than there is room for keep the default rate") {
  MemoryTracer t;
  Rates rates{{.service = "", .env = "", .rate = 1}};
  for (int i = 0; i < 1'000; ++i)
    rates.push_back({.service = "svc" + std::to_string(i), .env = "test", .rate = 0});
  t.far->rates = rates;
  t.tracer.flush();
  CHECK(decided(t, "s", "svc0").priority == 0);
  CHECK(decided(t, "s", "svc999").priority == 1);
}

TEST_CASE("the program's own word comes first, and the last of it counts") {
  auto options = quiet_tracer();
  options.sample_rate = 0.0;
  MemoryTracer t{options};
  Span span = t.tracer.start("s");
  Span child = span.child("c");
  child.drop();
  child.keep();
  child.finish();
  span.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.metrics.at("_sampling_priority_v1") == 2);
  CHECK(seen.meta.at("_dd.p.dm") == "-4");
}

TEST_CASE("an error keeps its trace where the options say so, unless the program dropped it") {
  auto options = quiet_tracer();
  options.sample_rate = 0.0;
  options.keep_errors = true;
  MemoryTracer t{options};
  Span kept = t.tracer.start("s");
  kept.child("c").error("timeout");
  kept.finish();
  const SeenSpan seen = t.flush_one().at(0);
  CHECK(seen.metrics.at("_sampling_priority_v1") == 2);
  CHECK(seen.meta.at("_dd.p.dm") == "-3");
  CHECK(seen.metrics.count("_dd.rule_psr") == 0);
  Span dropped = t.tracer.start("s");
  dropped.drop().error("timeout");
  dropped.finish();
  CHECK(t.flush_one().at(0).metrics.at("_sampling_priority_v1") == -1);
}

TEST_CASE("an error does not keep what the program of a remote parent dropped") {
  auto options = quiet_tracer();
  options.keep_errors = true;
  MemoryTracer t{options};
  const auto priority_with = [&t](int remote) {
    pawl::trace::SpanContext parent;
    parent.trace_low = 7;
    parent.span = 8;
    parent.priority = remote;
    t.tracer.start("s", parent).error("timeout");
    return t.flush_one().at(0).metrics.at("_sampling_priority_v1");
  };
  CHECK(priority_with(pawl::trace::kUserDrop) == -1);
  CHECK(priority_with(pawl::trace::kAutoDrop) == 2);
}

TEST_CASE("a trace that is not kept is handed over all the same, for the Agent's statistics") {
  auto options = quiet_tracer();
  options.sample_rate = 0.0;
  MemoryTracer t{options};
  t.tracer.start("s").finish();
  const auto chunks = t.flush();
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].priority == -1);
  CHECK(t.tracer.stats().accepted == 1);
}

}  // namespace
