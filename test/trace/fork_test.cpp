// A process that forks while it traces: both sides account for their own spans, and nothing is sent
// twice.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/trace.h>
#include <pawl/trace_llm.h>

#include "contract/process.h"
#include "support/sanitizers.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::test::in_child;
using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::trace::Span;
namespace trace = pawl::trace;
using namespace std::chrono_literals;

TEST_CASE("a child begins at zero, with other ids, and hands over only its own spans") {
  MemoryTracer t;
  t.tracer.start("parent").finish();
  const auto parent_next = t.tracer.start("peek").id();
  const int code = in_child([&] {
    if (t.tracer.stats().started != 0 || t.tracer.stats().pending != 0) return 1;
    Span span = t.tracer.start("child");
    if (span.id() == parent_next) return 2;
    span.finish();
    if (!t.tracer.flush()) return 3;
    const auto chunks = t.far->take();
    if (chunks.size() != 1 || chunks[0].spans.at(0).name != "child") return 4;
    if (!t.tracer.stats().balanced() || t.tracer.stats().finished != 1) return 5;
    return t.tracer.close() ? 6 : 0;
  });
  CHECK(code == 0);
  CHECK(t.flush().size() == 2);
}

TEST_CASE("a span that was open at the fork is the parent's; its children in the child are sent") {
  MemoryTracer t;
  Span root = t.tracer.start("root");
  const int code = in_child([&] {
    Span child = root.child("in.child");
    child.finish();
    root.finish();
    if (!t.tracer.flush()) return 1;
    const auto chunks = t.far->take();
    if (chunks.size() != 1 || chunks[0].spans.size() != 1) return 2;
    const auto& seen = chunks[0].spans[0];
    if (seen.parent_id != root.id() || seen.trace_id != root.trace_low()) return 3;
    return t.tracer.stats().finished == 1 ? 0 : 4;
  });
  CHECK(code == 0);
  root.finish();
  CHECK(t.flush_one().size() == 1);
}

TEST_CASE("a child of the parent's span is of its service, and below its LLM request") {
  auto options = quiet_tracer();
  options.llmobs.enabled = pawl::Switch::on;
  MemoryTracer t{options};
  const Span root = t.tracer.start("root", {.service = "other"});
  const Span request = llm_request(root, {.model = "m"});
  const int code = in_child([&] {
    const Span child = request.child("in.child");
    const trace::Draft& draft = *trace::Access::draft(child);
    if (draft.service.view() != "other") return 1;
    return draft.event.parent == request.id() ? 0 : 2;
  });
  CHECK(code == 0);
}

TEST_CASE("a span of the parent outlives its tracer in the child, and another that is made there") {
  std::optional<MemoryTracer> t{std::in_place};
  std::optional<Span> open{t->tracer.start("open")};
  const int code = in_child([&] {
    t.reset();
    MemoryTracer another;
    if (open->child("of nobody")) return 1;
    open->tag("still", "there");
    open.reset();
    another.tracer.start("own").finish();
    if (!another.tracer.flush()) return 2;
    return another.tracer.stats().started == 1 ? 0 : 3;
  });
  CHECK(code == 0);
}

// Accepts all, and holds no lock that a fork could find taken.
class AcceptingOutlet final : public trace::Outlet {
 public:
  void send(std::span<const trace::Chunk>,
            Time,
            std::span<trace::Outcome> outcomes) noexcept override {
    std::fill(outcomes.begin(), outcomes.end(), trace::Outcome{});
  }
  void send_evaluations(std::span<const std::string>,
                        Time,
                        std::span<trace::Fate>) noexcept override {}
  trace::Features features(Time) noexcept override { return {}; }
  void end_by(Time) noexcept override {}
  std::optional<trace::Rates> take_rates() noexcept override { return std::nullopt; }
  void start_over_in_child() noexcept override {}
};

// What a child does: its ledger begins at zero and ends exact.
int live_as_child(const trace::Tracer& tracer) {
  for (int n = 0; n < 50; ++n) tracer.start("c").child("d").finish();
  tracer.close(10s);
  const auto stats = tracer.stats();
  if (!stats.balanced()) return 1;
  return stats.finished == 100 && stats.accepted == 100 ? 0 : 2;
}

TEST_CASE("200 forks under load leave both ledgers exact") {
  PAWL_SKIP_WITHOUT_FORKED_ALLOCATOR();
  constexpr int kForks = 200;
  auto options = quiet_tracer();
  options.background = pawl::Background::threads;
  options.flush_interval = 100ms;
  auto plan = trace::make_plan(std::move(options), {});
  REQUIRE(plan.ok());
  const auto made = trace::Access::make(std::move(*plan), std::make_unique<AcceptingOutlet>());
  REQUIRE(made.ok());
  const trace::Tracer& tracer = *made;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int n = 0; n < 2; ++n)
    threads.emplace_back([&] {
      while (!stop) {
        tracer.start("root").child("child").finish();
        std::this_thread::yield();
      }
    });
  int good = 0;
  for (int i = 0; i < kForks; ++i) good += in_child([&] { return live_as_child(tracer); }) == 0;
  stop = true;
  for (std::thread& thread : threads) thread.join();
  tracer.close(10s);
  CHECK(good == kForks);
  CHECK(tracer.stats().balanced());
  CHECK(tracer.stats().finished == tracer.stats().started);
}

}  // namespace
