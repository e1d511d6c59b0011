#pragma once

// A tracer without a thread of its own, whose way out ends in memory.

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/clock.h>
#include <pawl/trace.h>

#include "trace/access.h"
#include "trace/outlet.h"
#include "trace/plan.h"
#include "trace/seen.h"

namespace pawl::test {

// What the way out and the test share.
struct Far {
  std::mutex mutex;
  std::vector<SeenChunk> chunks;
  int miscounted = 0;                    // chunks that had other numbers of spans than they said
  std::vector<std::string> evaluations;  // that were tried
  trace::Fate evaluated = trace::Fate::accepted;
  trace::Outcome answer;
  trace::Features features{.known = true, .meta_structs = false, .llmobs_proxy = true};
  std::optional<trace::Rates> rates;
  std::function<void()> while_sending;

  std::vector<SeenChunk> take() {
    const std::lock_guard lock{mutex};
    CHECK(miscounted == 0);
    return std::exchange(chunks, {});
  }
};

class MemoryOutlet final : public trace::Outlet {
 public:
  explicit MemoryOutlet(std::shared_ptr<Far> far) : far_(std::move(far)) {}

  void send(std::span<const trace::Chunk> chunks,
            Time,
            std::span<trace::Outcome> outcomes) noexcept override {
    if (far_->while_sending) far_->while_sending();
    const std::lock_guard lock{far_->mutex};
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      std::string spans;
      for (const std::string_view part : chunks[i].spans) spans += part;
      SeenChunk seen{decode_spans(spans), chunks[i].priority, std::string{chunks[i].llmobs}};
      far_->miscounted += seen.spans.size() != chunks[i].count;
      if (far_->answer.spans == trace::Fate::accepted) far_->chunks.push_back(std::move(seen));
      outcomes[i] = far_->answer;
    }
  }
  void send_evaluations(std::span<const std::string> evaluations,
                        Time,
                        std::span<trace::Fate> fates) noexcept override {
    const std::lock_guard lock{far_->mutex};
    far_->evaluations.insert(far_->evaluations.end(), evaluations.begin(), evaluations.end());
    std::fill(fates.begin(), fates.end(), far_->evaluated);
  }
  trace::Features features(Time) noexcept override { return far_->features; }
  void end_by(Time) noexcept override {}
  std::optional<trace::Rates> take_rates() noexcept override {
    return std::exchange(far_->rates, std::nullopt);
  }
  void start_over_in_child() noexcept override {}

 private:
  const std::shared_ptr<Far> far_;
};

inline trace::TracerOptions quiet_tracer() {
  return {.service = "svc",
          .env = "test",
          .version = "1.2",
          .background = Background::manual,
          .environment = Switch::off};
}

struct MemoryTracer {
  std::shared_ptr<Far> far = std::make_shared<Far>();
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  trace::Tracer tracer;

  explicit MemoryTracer(trace::TracerOptions options = quiet_tracer())
      : tracer(make(std::move(options), far, clock)) {}

  // Sends, and gives what arrived.
  std::vector<SeenChunk> flush() {
    tracer.flush();
    CHECK(tracer.stats().balanced());
    return far->take();
  }
  // The same, of one trace.
  std::vector<SeenSpan> flush_one() {
    const auto chunks = flush();
    REQUIRE(chunks.size() == 1);
    return chunks[0].spans;
  }

 private:
  static trace::Tracer make(trace::TracerOptions options,
                            const std::shared_ptr<Far>& far,
                            const std::shared_ptr<ManualClock>& clock) {
    if (options.clock == nullptr && options.background == Background::manual) options.clock = clock;
    auto plan = trace::make_plan(std::move(options), {});
    REQUIRE(plan.ok());
    auto made = trace::Access::make(std::move(*plan), std::make_unique<MemoryOutlet>(far));
    REQUIRE(made.ok());
    return std::move(*made);
  }
};

}  // namespace pawl::test
