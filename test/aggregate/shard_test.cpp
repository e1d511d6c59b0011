#include "aggregate/shard.h"

#include <cmath>
#include <limits>
#include <memory>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"

namespace {

using pawl::Amount;
using pawl::Reject;
using pawl::Repair;
using pawl::aggregate::next_random_seed;
using pawl::aggregate::Shard;
using pawl::detail::kRingSamples;
using pawl::detail::Sample;

std::unique_ptr<Shard> shard() { return std::make_unique<Shard>(nullptr); }

// Pushes samples whose values go on from `next`; gives how many there was room for.
std::uint32_t push(Shard& shard, std::uint32_t count, double& next) {
  std::uint32_t pushed = 0;
  while (pushed < count && shard.ring.push({pushed, 1.0F, next})) {
    ++pushed;
    next += 1;
  }
  return pushed;
}

void check_go_on(const std::vector<Sample>& samples, double first) {
  for (const Sample& sample : samples) {
    REQUIRE(sample.value == first);
    first += 1;
  }
}

TEST_CASE("a ring gives its samples in the order in which they were pushed") {
  const auto one = shard();
  double next = 0;
  CHECK(push(*one, 100, next) == 100);
  CHECK(one->waiting() == 100);
  std::vector<Sample> out = {{1, 1.0F, -1}};
  one->empty_ring(out);
  CHECK(out.size() == 101);
  check_go_on(out, -1);
  CHECK(one->waiting() == 0);
}

TEST_CASE("a full ring takes no sample until it is emptied") {
  const auto one = shard();
  double next = 0;
  CHECK(push(*one, kRingSamples + 10, next) == kRingSamples);
  CHECK_FALSE(one->ring.push({1, 1.0F, 0}));
  std::vector<Sample> out;
  one->empty_ring(out, 10);
  CHECK(push(*one, 100, next) == 10);
  one->empty_ring(out);
  CHECK(out.size() == kRingSamples + 10);
  check_go_on(out, 0);
}

TEST_CASE("a ring goes round without losing the order") {
  const auto one = shard();
  double next = 0;
  double first = 0;
  for (std::uint32_t round = 0; round < 50; ++round) {
    push(*one, 1 + round * 97 % kRingSamples, next);
    std::vector<Sample> out;
    one->empty_ring(out, 1 + round * 61 % kRingSamples);
    check_go_on(out, first);
    first += static_cast<double>(out.size());
  }
  CHECK(next > 10 * kRingSamples);
}

TEST_CASE("a ring's positions run over the end of their numbers") {
  const auto one = shard();
  const std::uint32_t start = std::numeric_limits<std::uint32_t>::max() - 50;
  one->ring.head = start;
  one->ring.tail = start;
  one->ring.known_head = start;
  double next = 0;
  CHECK(push(*one, kRingSamples + 1, next) == kRingSamples);
  CHECK(one->waiting() == kRingSamples);
  std::vector<Sample> out;
  one->empty_ring(out, 100);
  CHECK(push(*one, 200, next) == 100);
  one->empty_ring(out);
  CHECK(out.size() == kRingSamples + 100);
  check_go_on(out, 0);
}

TEST_CASE("samples that are discarded are counted and leave room") {
  const auto one = shard();
  double next = 0;
  push(*one, 100, next);
  CHECK(one->clear_ring(30) == 30);
  std::vector<Sample> out;
  one->empty_ring(out, 10);
  check_go_on(out, 30);
  CHECK(one->clear_ring() == 60);
  CHECK(one->clear_ring() == 0);
  CHECK(one->waiting() == 0);
}

TEST_CASE("emptying a ring that finds no memory moves nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  const auto one = shard();
  double next = 0;
  push(*one, 100, next);
  std::vector<Sample> out;
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_THROWS_AS(one->empty_ring(out), std::bad_alloc);
  }
  CHECK(out.empty());
  CHECK(one->waiting() == 100);
}

TEST_CASE("the spill waits beside the ring") {
  const auto one = shard();
  double next = 0;
  push(*one, 10, next);
  one->spill.resize(7);
  CHECK(one->waiting() == 17);
}

TEST_CASE("a counter adds once its chunk is there") {
  const auto one = shard();
  CHECK_FALSE(one->add(1000, 5));
  REQUIRE(one->make_chunk(1000));
  CHECK(one->add(1000, 5));
  CHECK(one->add(1000, -7));
  CHECK(one->add(1001, 1));  // of the same chunk
  CHECK_FALSE(one->add(0, 1));
  const auto* chunk = one->counters[1].load();
  CHECK(static_cast<std::int64_t>(chunk->cells[1000 - 512].sum.load()) == -2);
  CHECK(chunk->cells[1000 - 512].calls == 2);
}

TEST_CASE("a chunk that is there is not made again") {
  const auto one = shard();
  REQUIRE(one->make_chunk(5));
  one->add(5, 1);
  REQUIRE(one->make_chunk(6));
  CHECK(one->counters[0].load()->cells[5].sum == 1);
}

TEST_CASE("a chunk that finds no memory is not there, and can be made later") {
  PAWL_SKIP_UNDER_SANITIZER();
  const auto one = shard();
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_FALSE(one->make_chunk(5));
  }
  CHECK_FALSE(one->add(5, 1));
  CHECK(one->make_chunk(5));
}

TEST_CASE("refusals are summed by reason") {
  const auto one = shard();
  one->reject(Reject::value, {3, 10});
  one->reject(Reject::value, {1, -15});
  one->reject(Reject::closed, {1, 0});
  CHECK(one->rejected(Reject::value) == Amount{4, -5});
  CHECK(one->rejected(Reject::closed) == Amount{1, 0});
  CHECK(one->rejected(Reject::name) == Amount{});
}

TEST_CASE("repairs are counted once for each value of a call") {
  const auto one = shard();
  pawl::tags::Repairs repairs;
  repairs.note(Repair::tag_bytes);
  repairs.note(Repair::tag_bytes);
  repairs.note(Repair::name);
  one->note(repairs, 1);
  one->note(repairs, 10);
  CHECK(one->repaired(Repair::tag_bytes) == 22);
  CHECK(one->repaired(Repair::name) == 11);
  CHECK(one->repaired(Repair::tag_cut) == 0);
}

// Ten standard deviations: a sound generator misses them once in 10^23 runs.
void check_share(Shard& shard, float rate) {
  constexpr int kTrials = 200'000;
  int kept = 0;
  for (int i = 0; i < kTrials; ++i) kept += shard.keeps(rate) ? 1 : 0;
  const double expected = kTrials * static_cast<double>(rate);
  const double deviation = std::sqrt(expected * (1 - static_cast<double>(rate)));
  INFO("rate ", rate, ", kept ", kept);
  CHECK(kept > expected - 10 * deviation);
  CHECK(kept < expected + 10 * deviation);
}

TEST_CASE("a rate keeps its share of the calls") {
  const auto one = shard();
  for (const float rate : {0.9F, 0.5F, 0.25F, 0.1F, 0.01F}) check_share(*one, rate);
}

TEST_CASE("a rate of 1 keeps every call") {
  const auto one = shard();
  for (int i = 0; i < 10'000; ++i) REQUIRE(one->keeps(1.0F));
}

TEST_CASE("what one call's draw was says nothing about the next one's") {
  const auto one = shard();
  constexpr int kTrials = 200'000;
  int alike = 0;
  bool last = one->keeps(0.5F);
  for (int i = 0; i < kTrials; ++i) {
    const bool kept = one->keeps(0.5F);
    alike += kept == last ? 1 : 0;
    last = kept;
  }
  CHECK(alike > kTrials / 2 - 10 * 224);
  CHECK(alike < kTrials / 2 + 10 * 224);
}

TEST_CASE("no two seeds are alike") {
  std::set<std::uint64_t> seeds;
  for (int i = 0; i < 10'000; ++i) seeds.insert(next_random_seed());
  CHECK(seeds.size() == 10'000);
}

TEST_CASE("a shard that starts over keeps its counters and nothing else") {
  const auto one = shard();
  double next = 0;
  push(*one, 100, next);
  one->spill.resize(7);
  one->reject(Reject::value, {1, 1});
  pawl::tags::Repairs repairs;
  repairs.note(Repair::name);
  one->note(repairs, 1);
  REQUIRE(one->make_chunk(3));
  one->add(3, 42);

  one->start_over();
  CHECK(one->waiting() == 0);
  CHECK(one->rejected(Reject::value) == Amount{});
  CHECK(one->repaired(Repair::name) == 0);
  CHECK(one->counters[0].load()->cells[3].sum == 42);
  next = 0;
  CHECK(push(*one, kRingSamples + 1, next) == kRingSamples);
}

TEST_SUITE("concurrent") {
  TEST_CASE("what one thread pushes arrives once and in order at the one that empties") {
    constexpr std::uint32_t kPushed = 200'000;
    const auto one = shard();
    std::thread producer{[&one] {
      for (std::uint32_t i = 0; i < kPushed;)
        if (one->ring.push({i, 1.0F, static_cast<double>(i)}))
          ++i;
        else
          std::this_thread::yield();
    }};
    std::vector<Sample> out;
    while (out.size() < kPushed) {
      const std::lock_guard lock{one->drain};
      one->empty_ring(out, 1000);
    }
    producer.join();
    CHECK(out.size() == kPushed);
    check_go_on(out, 0);
  }

  TEST_CASE("a reader that sees a call sees its value") {
    constexpr std::uint32_t kAdds = 200'000;
    const auto one = shard();
    REQUIRE(one->make_chunk(0));
    std::thread writer{[&one] {
      for (std::uint32_t i = 0; i < kAdds; ++i) one->add(0, 1);
    }};
    const auto* chunk = one->counters[0].load();
    std::uint64_t calls = 0;
    bool behind = false;
    while (calls < kAdds) {
      calls = chunk->cells[0].calls.load(std::memory_order_acquire);
      behind = behind || chunk->cells[0].sum.load(std::memory_order_relaxed) < calls;
    }
    writer.join();
    CHECK_FALSE(behind);
  }
}

}  // namespace
