#include "context/shape_table.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::context::Digest;
using pawl::context::Known;
using pawl::context::ShapeTable;
using pawl::test::FailingAlloc;
using pawl::test::Random;

Known numbered(std::uint32_t number) { return {number, Known::kPlain, nullptr}; }

std::vector<Digest> random_digests(std::size_t count) {
  Random random;
  std::vector<Digest> digests;
  for (std::size_t i = 0; i < count; ++i) digests.push_back({random.next() | 1, random.next()});
  return digests;
}

std::unique_ptr<ShapeTable> table_of(const std::vector<Digest>& digests) {
  auto table = std::make_unique<ShapeTable>();
  for (std::uint32_t i = 0; i < digests.size(); ++i) {
    REQUIRE(table->find(digests[i]).is_new());
    table->insert(digests[i], numbered(i));
  }
  return table;
}

void check_holds_all(const std::vector<Digest>& digests) {
  const auto table = table_of(digests);
  CHECK(table->size() == digests.size());
  for (std::uint32_t i = 0; i < digests.size(); ++i) {
    REQUIRE(table->find(digests[i]).plain());
    REQUIRE(table->find(digests[i]).index() == i);
  }
}

TEST_CASE("an empty table holds nothing") {
  const ShapeTable table;
  CHECK(table.find({1, 1}).is_new());
  CHECK(table.size() == 0);
}

TEST_CASE("a table that grows keeps what it holds") {
  PAWL_PRINT_SEED();
  check_holds_all(random_digests(20'000));
}

TEST_CASE("digests that agree in either half are told apart") {
  for (const std::uint64_t same : {std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{12345}}) {
    std::vector<Digest> digests;
    for (std::uint64_t i = 0; i < 300; ++i) digests.push_back({2 * i + 3, same});
    for (std::uint64_t i = 0; i < 300; ++i) digests.push_back({same, i});
    check_holds_all(digests);
  }
}

TEST_CASE("digests that all fall on the table's last slot go round to its first") {
  std::vector<Digest> digests;
  for (std::uint64_t i = 0; i < 100; ++i) digests.push_back({2 * i + 1, ~std::uint64_t{0}});
  check_holds_all(digests);
}

TEST_CASE("what was removed is found no more, what was not is, and both can be inserted after") {
  PAWL_PRINT_SEED();
  const std::vector<Digest> digests = random_digests(1000);
  const auto table = table_of(digests);
  CHECK(table->remove_if([](const Known& known) { return known.index() % 3 == 0; }) == 334);
  CHECK(table->size() == 666);
  for (std::uint32_t i = 0; i < digests.size(); ++i)
    REQUIRE(table->find(digests[i]).is_new() == (i % 3 == 0));
  for (std::uint32_t i = 0; i < digests.size(); i += 3) table->insert(digests[i], numbered(i));
  for (std::uint32_t i = 0; i < digests.size(); ++i) REQUIRE(table->find(digests[i]).index() == i);
}

TEST_CASE("a table of which as much is removed as inserted does not grow for ever") {
  PAWL_PRINT_SEED();
  Random random;
  ShapeTable table;
  std::size_t taken = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 100; ++i) {
      taken = std::max(taken, table.growth());
      table.insert({random.next() | 1, random.next()}, numbered(0));
    }
    CHECK(table.remove_if([](const Known&) { return true; }) == 100);
  }
  CHECK(taken <= 256 * 32);
}

TEST_CASE("an emptied table gives its slots away and holds nothing") {
  PAWL_PRINT_SEED();
  const std::vector<Digest> digests = random_digests(100);
  const auto table = table_of(digests);
  table->clear();
  CHECK(table->size() == 0);
  for (const Digest& digest : digests) CHECK(table->find(digest).is_new());
  std::vector<std::unique_ptr<ShapeTable::Slots>> outgrown;
  table->move_outgrown_to(outgrown);
  CHECK(outgrown.size() == 4);  // of 16, 32, 64 and 128
  table->insert(digests[0], numbered(7));
  CHECK(table->find(digests[0]).index() == 7);
}

TEST_CASE("an insertion that finds no memory changes nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  PAWL_PRINT_SEED();
  const std::vector<Digest> digests = random_digests(200);
  ShapeTable table;
  int failures = 0;
  for (std::uint32_t i = 0; i < digests.size(); ++i) {
    for (const std::uint64_t nth : {1U, 2U, 3U}) {
      if (!table.find(digests[i]).is_new()) continue;
      const FailingAlloc failing{nth};
      try {
        table.insert(digests[i], numbered(i));
      } catch (const std::bad_alloc&) {
        ++failures;
      }
    }
    if (table.find(digests[i]).is_new()) table.insert(digests[i], numbered(i));
  }
  CHECK(failures >= 9);  // three at most growths
  CHECK(table.size() == digests.size());
  for (std::uint32_t i = 0; i < digests.size(); ++i) CHECK(table.find(digests[i]).index() == i);
}

TEST_SUITE("concurrent") {
  TEST_CASE("readers find everything inserted before, while the table grows") {
    PAWL_PRINT_SEED();
    const std::vector<Digest> digests = random_digests(20'000);
    ShapeTable table;
    std::atomic<std::uint32_t> inserted{0};
    std::atomic<std::size_t> missed{0};
    std::vector<std::thread> readers;
    for (std::uint64_t reader = 1; reader <= 2; ++reader)
      readers.emplace_back([&, reader] {
        Random pick{reader};
        std::uint32_t there = 0;
        while (there < digests.size()) {
          there = inserted.load(std::memory_order_acquire);
          if (there == 0) continue;
          const auto at = static_cast<std::uint32_t>(pick.below(there));
          missed += table.find(digests[at]).index() == at ? 0U : 1U;
          missed += table.find({digests[at].low, ~digests[at].high}).is_new() ? 0U : 1U;
        }
      });
    for (std::uint32_t i = 0; i < digests.size(); ++i) {
      table.insert(digests[i], numbered(i));
      inserted.store(i + 1, std::memory_order_release);
    }
    for (std::thread& reader : readers) reader.join();
    CHECK(missed == 0);
  }
}

}  // namespace
