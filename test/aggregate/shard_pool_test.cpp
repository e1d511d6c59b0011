#include <algorithm>
#include <new>
#include <set>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "aggregate/shard.h"
#include "support/alloc_counter.h"

namespace {

using pawl::Amount;
using pawl::Reject;
using pawl::aggregate::Shard;
using pawl::aggregate::ShardPool;

std::set<const Shard*> all_of(const ShardPool& pool) {
  std::set<const Shard*> shards;
  pool.each([&shards](const Shard& shard) { shards.insert(&shard); });
  return shards;
}

std::int64_t sum_of_counter(const ShardPool& pool, std::uint32_t counter) {
  std::uint64_t sum = 0;
  pool.each([&](const Shard& shard) {
    const auto* chunk = shard.counters[counter >> pawl::detail::kChunkBits].load();
    if (chunk != nullptr) sum += chunk->cells[counter % pawl::detail::kCellsInChunk].sum.load();
  });
  return static_cast<std::int64_t>(sum);
}

Amount rejected(const ShardPool& pool) {
  Amount sum;
  pool.each([&sum](const Shard& shard) { sum += shard.rejected(Reject::value); });
  return sum;
}

TEST_CASE("each thread is given a shard of its own, and none the common one") {
  int client = 0;
  ShardPool pool{&client};
  Shard& one = pool.acquire();
  Shard& two = pool.acquire();
  CHECK(all_of(pool) == std::set<const Shard*>{&one, &two, &pool.common()});
  CHECK(pool.size() == 3);
  CHECK(one.client() == &client);
}

TEST_CASE("a shard that was released is given again, with what it holds") {
  ShardPool pool{nullptr};
  Shard& first = pool.acquire();
  first.make_chunk(0);
  first.add(0, 42);
  first.ring.push({1, 1.0F, 1.0});
  pool.release(first);
  Shard& second = pool.acquire();
  CHECK(&second == &first);
  CHECK(second.waiting() == 1);
  CHECK(sum_of_counter(pool, 0) == 42);
  CHECK(&pool.acquire() != &first);
}

TEST_CASE("every released shard is given before a new one is made") {
  ShardPool pool{nullptr};
  std::vector<Shard*> shards(10);
  for (Shard*& shard : shards) shard = &pool.acquire();
  for (Shard* shard : shards) pool.release(*shard);
  std::set<Shard*> again;
  for (int i = 0; i < 10; ++i) again.insert(&pool.acquire());
  CHECK(again == std::set<Shard*>{shards.begin(), shards.end()});
  CHECK(pool.size() == 11);
}

TEST_CASE("a pool goes on after it found no memory for a shard") {
  PAWL_SKIP_UNDER_SANITIZER();
  ShardPool pool{nullptr};
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_THROWS_AS(pool.acquire(), std::bad_alloc);
  }
  CHECK(pool.size() == 1);
  pool.acquire();
  CHECK(pool.size() == 2);
}

TEST_CASE("in a forked child every shard is empty and free, but for its counters") {
  ShardPool pool{nullptr};
  std::set<Shard*> shards;
  for (int i = 0; i < 3; ++i) shards.insert(&pool.acquire());
  for (Shard* shard : shards) {
    shard->make_chunk(0);
    shard->add(0, 1);
    shard->reject(Reject::value, {1, 1});
    shard->ring.push({1, 1.0F, 1.0});
  }
  pool.lock();
  pool.unlock();
  pool.start_over_in_child();
  CHECK(rejected(pool) == Amount{});
  CHECK(sum_of_counter(pool, 0) == 3);
  pool.each([](Shard& shard) { CHECK(shard.waiting() == 0); });
  std::set<Shard*> again;
  for (int i = 0; i < 3; ++i) again.insert(&pool.acquire());
  CHECK(again == shards);
}

TEST_SUITE("concurrent") {
  TEST_CASE("two thousand short threads share as many shards as ever ran at once") {
    constexpr int kAtOnce = 8;
    constexpr int kRounds = 250;
    ShardPool pool{nullptr};
    const auto live = [&pool] {
      Shard& shard = pool.acquire();
      shard.make_chunk(0);
      for (int i = 1; i <= 10; ++i) shard.add(0, i);
      shard.reject(Reject::value, {1, 3});
      pool.release(shard);
    };
    for (int round = 0; round < kRounds; ++round) {
      std::vector<std::thread> threads;
      for (int i = 0; i < kAtOnce; ++i) threads.emplace_back(live);
      for (std::thread& thread : threads) thread.join();
    }
    CHECK(pool.size() <= kAtOnce + 1);
    CHECK(sum_of_counter(pool, 0) == kRounds * kAtOnce * 55);
    CHECK(rejected(pool) == Amount{kRounds * kAtOnce, kRounds * kAtOnce * 3});
  }

  TEST_CASE("the shards can be visited while threads come and go") {
    ShardPool pool{nullptr};
    std::atomic<bool> done{false};
    std::thread coming{[&] {
      std::vector<Shard*> shards;
      for (int i = 0; i < 300; ++i) shards.push_back(&pool.acquire());
      for (Shard* shard : shards) pool.release(*shard);
      done = true;
    }};
    std::size_t most = 0;
    while (!done) most = std::max(most, all_of(pool).size());
    coming.join();
    CHECK(most <= 301);
    CHECK(all_of(pool).size() == 301);
  }
}

}  // namespace
