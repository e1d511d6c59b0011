// The Nth allocation fails, for every N, while spans are made and sent: no call throws, every span
// and every evaluation stays in the books, and what arrives is whole.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <pawl/trace_llm.h>

#include "support/alloc_counter.h"
#include "trace/access.h"
#include "trace/outlet.h"
#include "trace/plan.h"

namespace {

using pawl::test::FailingAlloc;
using pawl::trace::Chunk;
using pawl::trace::Fate;
using pawl::trace::Outcome;
using pawl::trace::Rates;
using pawl::trace::Span;
using pawl::trace::SpanDrop;
using pawl::trace::Tracer;
using pawl::trace::TraceStats;
using namespace std::chrono_literals;
namespace trace = pawl::trace;

// Takes everything, and has no need of memory for it.
struct Taken {
  std::uint64_t spans = 0;
  std::uint64_t evaluations = 0;
};
class CountingOutlet final : public trace::Outlet {
 public:
  explicit CountingOutlet(Taken& taken) : taken_(taken) {}
  void send(std::span<const Chunk> chunks, Time, std::span<Outcome> outcomes) noexcept override {
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      taken_.spans += chunks[i].count;
      outcomes[i] = {};
    }
  }
  void send_evaluations(std::span<const std::string> evaluations,
                        Time,
                        std::span<Fate> fates) noexcept override {
    taken_.evaluations += evaluations.size();
    for (Fate& fate : fates) fate = Fate::accepted;
  }
  trace::Features features(Time) noexcept override { return {true, false, true}; }
  void end_by(Time) noexcept override {}
  std::optional<Rates> take_rates() noexcept override { return std::nullopt; }
  void start_over_in_child() noexcept override {}

 private:
  Taken& taken_;
};

// Traces of one thread: whole, in parts, with events, evaluations, links and long values.
void scripted_traces(const Tracer& tracer, std::string_view long_value) {
  for (int i = 0; i < 3; ++i) {
    Span root = tracer.start("http.request", {.resource = "POST /chat"});
    root.tag("key", long_value).metric("n", 1).link(root.context());
    Span request = trace::llm_request(root, {.model = "m", .tenant_id = long_value});
    trace::eval(request, {.name = "safe", .score = 1}).finish();
    request.error("timeout").finish();
    tracer.flush(1s);
  }
  const Span open = tracer.start("long");
  for (int i = 0; i < 3; ++i) {
    open.child("part").tag("key", long_value).finish();
    tracer.flush(1s);
  }
  for (int i = 0; i < 100; ++i) tracer.start("short").tag("key", long_value).finish();
}

struct Result {
  bool failed = false;
  bool made = false;
};
Result run_with_failure(std::uint64_t nth) {
  Taken taken;
  auto plan = trace::make_plan({.service = "svc",
                                .llmobs = {.enabled = pawl::Switch::on, .ml_app = "app"},
                                .background = pawl::Background::manual,
                                .environment = pawl::Switch::off},
                               {});
  REQUIRE(plan.ok());
  auto outlet = std::make_unique<CountingOutlet>(taken);
  const std::string long_value(3'000, 'v');
  std::optional<Tracer> tracer;
  bool failed = false;
  {
    const FailingAlloc failing{nth};
    try {
      auto made = trace::Access::make(std::move(*plan), std::move(outlet));
      if (made) tracer.emplace(std::move(*made));
    } catch (const std::bad_alloc&) {
      // As Tracer::create() would say.
    }
    if (tracer) {
      scripted_traces(*tracer, long_value);
      tracer->close(1s);
    }
    failed = failing.happened();
  }
  if (!tracer) return {failed, false};
  const TraceStats stats = tracer->stats();
  CHECK(stats.balanced());
  CHECK(stats.open == 0);
  CHECK(stats.pending == 0);
  CHECK(stats.accepted == taken.spans);
  // A flush without memory for its list keeps the chunks for the next, of which close() is the
  // last.
  CHECK(stats.dropped.total() ==
        stats.dropped[SpanDrop::no_memory] + stats.dropped[SpanDrop::shutdown]);
  CHECK(stats.evaluations_accepted == taken.evaluations);
  CHECK(stats.evaluations == stats.evaluations_accepted + stats.evaluations_lost);
  if (!failed) {
    CHECK(stats.dropped.total() == 0);
    CHECK(stats.started == 113);
    CHECK(stats.evaluations_accepted == 3);
  }
  return {failed, true};
}

TEST_CASE("whichever allocation fails, no span call throws and the ledger of spans balances") {
  PAWL_SKIP_UNDER_SANITIZER();
  int made = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    CAPTURE(nth);
    const Result result = run_with_failure(nth);
    made += result.made ? 1 : 0;
    if (!result.failed) break;
  }
  CHECK(made > 50);
}

}  // namespace
