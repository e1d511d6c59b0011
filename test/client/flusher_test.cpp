#include "client/flusher.h"

#include <chrono>
#include <memory>

#include <doctest/doctest.h>

#include "client/memory_client.h"
#include "client/plan.h"
#include "support/alloc_counter.h"

namespace {

using pawl::MetricType;
using pawl::Reject;
using pawl::client::DirectLines;
using pawl::client::Flusher;
using pawl::client::make_plan;
using pawl::client::Plan;
using pawl::context::Call;
using pawl::test::FailingAlloc;
using pawl::test::quiet_options;

// A flusher with everything that it works on, and no client around it.
struct Stand {
  Plan plan = [] {
    auto options = quiet_options();
    options.transport = std::make_shared<pawl::InMemoryTransport>();
    return *make_plan(options, {});
  }();
  pawl::context::Registry registry{plan.limits, plan.rules};
  pawl::aggregate::ShardPool shards{nullptr};
  pawl::aggregate::Budget budget{plan.max_sample_bytes};
  pawl::aggregate::Sets sets{budget};
  DirectLines direct{budget};
  pawl::transport::Sender sender{plan.transport, plan.clock, {}};
  Flusher flusher{plan, {registry, shards, budget, sets, direct, sender}};

  // Records a distribution's value `times` times.
  void record(int times) {
    const Call call{MetricType::distribution, pawl::Cardinality::unset, 0, "d", {}};
    const auto answer = registry.resolve(call);
    pawl::aggregate::Shard& shard = shards.acquire();
    for (int i = 0; i < times; ++i) shard.ring.push({answer.context->index, 1.0F, 1.0});
    shards.release(shard);
  }
};

bool balanced(const Flusher::Books& books) {
  pawl::Amount sum =
      books.held + books.out.handed_to_kernel + books.out.dropped.total() + books.out.queued;
  for (const pawl::Amount& amount : books.taken.rejected) sum += amount;
  return books.taken.recorded == sum;
}

TEST_CASE("the books balance at every step from the ring to the sender") {
  Stand stand;
  stand.record(10);
  CHECK(stand.flusher.read().waiting.samples == 10);
  CHECK(stand.flusher.drain() == 10);
  CHECK(stand.flusher.read().held.samples == 10);
  CHECK(balanced(stand.flusher.read()));
  stand.flusher.flush();
  CHECK(stand.flusher.read().out.queued.samples == 10);
  CHECK(balanced(stand.flusher.read()));
}

TEST_CASE("without a fence nothing is retired, however idle it is") {
  const auto clock = std::make_shared<pawl::ManualClock>();
  for (const bool can_reclaim : {true, false}) {
    Stand stand;
    stand.plan.clock = clock;
    stand.plan.can_reclaim = can_reclaim;
    stand.plan.context_expiry = std::chrono::seconds{1};
    stand.record(1);
    stand.flusher.flush();
    clock->advance(std::chrono::hours{1});
    stand.flusher.flush();
    CHECK(stand.registry.has_retired() == can_reclaim);
  }
}

TEST_CASE("samples that memory failed for while they were drained are in the books at once") {
  PAWL_SKIP_UNDER_SANITIZER();
  int lost = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    Stand stand;
    stand.record(10);
    bool failed = false;
    {
      const FailingAlloc failing{nth};
      stand.flusher.drain();
      failed = failing.happened();
    }
    CHECK(balanced(stand.flusher.read()));
    stand.flusher.flush();
    const auto books = stand.flusher.read();
    CHECK(balanced(books));
    CHECK(books.taken.recorded.samples == 10);
    lost += books.taken.rejected[static_cast<std::size_t>(Reject::no_memory)].samples > 0 ? 1 : 0;
    if (!failed) break;
  }
  CHECK(lost > 0);
}

TEST_CASE("a spill that was drained keeps no memory") {
  Stand stand;
  stand.record(1);  // whose context the spill's samples are of
  pawl::aggregate::Shard& shard = stand.shards.acquire();
  shard.spill.resize(1'000);
  stand.budget.take(1'000 * sizeof(pawl::detail::Sample));
  stand.flusher.drain();
  CHECK(shard.spill.capacity() == 0);
}

}  // namespace
