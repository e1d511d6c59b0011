// The processor's clock, measured against the steady one.

#include "llm/ticks.h"

#include <chrono>
#include <cstdint>

#include <doctest/doctest.h>

namespace {

using pawl::llm::read_time;
using pawl::llm::TickScale;
using pawl::llm::TimeSource;
using pawl::llm::to_milliseconds;

constexpr std::int64_t kMillisecond = 1'000'000;

// A counter with four ticks a nanosecond.
void observe(TickScale& scale, std::int64_t ns) { scale.observe(4 * ns, ns); }

TEST_CASE("nothing is known before the first window has passed") {
  TickScale scale;
  CHECK(scale.due(0));
  observe(scale, 1'000);
  observe(scale, 1'000 + 19 * kMillisecond);
  CHECK(scale.ns_per_tick() == 0);
  observe(scale, 1'000 + 20 * kMillisecond);
  CHECK(scale.ns_per_tick() == 0.25);
}

TEST_CASE("a pair is wanted again after a second") {
  TickScale scale;
  observe(scale, 0);
  observe(scale, 20 * kMillisecond);
  CHECK_FALSE(scale.due(4 * 1'019 * kMillisecond));
  CHECK(scale.due(4 * 1'020 * kMillisecond));
}

TEST_CASE("the measure follows a clock that is slewed") {
  TickScale scale;
  observe(scale, 0);
  observe(scale, 20 * kMillisecond);
  scale.observe(4 * 1'020 * kMillisecond, 1'020 * kMillisecond + kMillisecond / 2);
  CHECK(scale.ns_per_tick() == doctest::Approx(0.250125).epsilon(1e-9));
}

TEST_CASE("a counter that is off once keeps its measure, off twice it is not trusted again") {
  TickScale scale;
  observe(scale, 0);
  observe(scale, 20 * kMillisecond);
  scale.observe(8 * 1'020 * kMillisecond, 1'020 * kMillisecond);
  CHECK(scale.trusted());
  CHECK(scale.ns_per_tick() == 0.25);
  scale.observe(16 * 1'020 * kMillisecond, 2'020 * kMillisecond);
  CHECK_FALSE(scale.trusted());
  CHECK(scale.ns_per_tick() == 0.25);  // for the requests that are under way
  CHECK_FALSE(scale.due(INT64_MAX - 1));
}

TEST_CASE("a counter that runs backwards is not trusted") {
  TickScale scale;
  scale.observe(1'000'000, 0);
  scale.observe(999'999, 30 * kMillisecond);
  CHECK_FALSE(scale.trusted());
}

TEST_CASE("both sources tell the same span of time, and neither runs backwards") {
  const auto pass = [](std::chrono::nanoseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
  };
  pawl::llm::best_source();
  pass(std::chrono::milliseconds{25});
  const TimeSource best = pawl::llm::best_source();
  if (!pawl::llm::has_invariant_ticks()) {
    CHECK(best == TimeSource::steady);
    return;
  }
  REQUIRE(best == TimeSource::ticks);
  // The best of a few, because the machine may hold this thread up between two readings.
  double closest = 1;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t steady = read_time(TimeSource::steady);
    const std::int64_t ticks = read_time(TimeSource::ticks);
    pass(std::chrono::milliseconds{2});
    const double by_ticks = to_milliseconds(best, read_time(TimeSource::ticks) - ticks);
    const double by_steady =
        to_milliseconds(TimeSource::steady, read_time(TimeSource::steady) - steady);
    CHECK(by_ticks >= 0);
    const double off = by_ticks / by_steady - 1;
    closest = off < 0 ? (-off < closest ? -off : closest) : (off < closest ? off : closest);
  }
  CHECK(closest < 0.01);
}

}  // namespace
