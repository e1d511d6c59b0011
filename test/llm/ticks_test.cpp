// The processor's clock, measured against the steady one.

#include "llm/ticks.h"

#include <chrono>
#include <cstdint>
#include <fstream>

#include <doctest/doctest.h>

#include "support/temp_dir.h"

namespace pawl::llm {

struct TickScaleTest {
  static void interrupt(TickScale& scale, std::int64_t ticks) {
    scale.busy_ = true;
    scale.begin_ticks_ = ticks;
  }
};

}  // namespace pawl::llm

namespace {

using pawl::llm::elapsed;
using pawl::llm::kernel_trusts_ticks;
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
  if (!pawl::llm::has_invariant_ticks() || !kernel_trusts_ticks(pawl::llm::kClockSourceFile)) {
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

TEST_CASE(
    "a counter that is set back is noticed at the next reading, however far it was set back") {
  for (const std::int64_t back : {std::int64_t{1'000}, 4 * 500 * kMillisecond}) {
    TickScale scale;
    observe(scale, 0);
    observe(scale, 1'000 * kMillisecond);
    const std::int64_t begin = 4 * 1'000 * kMillisecond;
    CHECK_FALSE(scale.due(begin + 1));
    CHECK(scale.due(begin - back));
    scale.observe(begin - back, 1'001 * kMillisecond);
    CHECK_FALSE(scale.trusted());
  }
}

TEST_CASE("a pair that is told late does not look like a counter that is set back") {
  TickScale scale;
  observe(scale, 0);
  observe(scale, 1'000 * kMillisecond);
  observe(scale, 1'000 * kMillisecond - 50);
  CHECK(scale.trusted());
}

TEST_CASE("what lies between two readings is never negative and never wraps") {
  CHECK(elapsed(3, 10) == 7);
  CHECK(elapsed(10, 3) == 0);
  CHECK(elapsed(INT64_MIN, INT64_MAX) == INT64_MAX);
  CHECK(elapsed(INT64_MAX, INT64_MIN) == 0);
}

TEST_CASE("a counter that the kernel does not keep time by is not trusted") {
  const pawl::test::TempDir dir;
  const auto says = [&dir](const char* text) {
    { std::ofstream{dir.file("clock")} << text; }
    return kernel_trusts_ticks(dir.file("clock").c_str());
  };
  CHECK(says("tsc\n"));
  CHECK_FALSE(says("hpet\n"));
  CHECK_FALSE(says("kvm-clock\n"));
  CHECK_FALSE(says("tsc-early\n"));
  CHECK_FALSE(says(""));
  CHECK_FALSE(kernel_trusts_ticks("/nonexistent/clock"));
}

// The state that fork() finds when another thread is telling a pair: its first half is told.
TEST_CASE("a child of fork() measures anew what another thread was telling") {
  TickScale scale;
  observe(scale, 0);
  pawl::llm::TickScaleTest::interrupt(scale, 4 * 40 * kMillisecond);
  observe(scale, 60 * kMillisecond);
  CHECK(scale.ns_per_tick() == 0);
  scale.start_over_in_child();
  observe(scale, 80 * kMillisecond);
  CHECK(scale.ns_per_tick() == 0);
  observe(scale, 100 * kMillisecond);
  CHECK(scale.ns_per_tick() == 0.25);
}

}  // namespace
