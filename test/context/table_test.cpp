#include "context/table.h"

#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/seed.h"

namespace {

using pawl::context::Table;
using pawl::test::FailingAlloc;
using pawl::test::Random;

struct Record {
  std::uint64_t hash;
  std::uint64_t id;
};

const Record* find(const Table<Record>& table, const Record& record) {
  return table.find(record.hash, [&record](const Record& one) { return one.id == record.id; });
}

void check_holds_all(const std::vector<Record>& records) {
  std::vector<Record> kept = records;
  Table<Record> table;
  for (Record& record : kept) {
    REQUIRE(find(table, record) == nullptr);
    table.insert(&record);
    REQUIRE(find(table, record) == &record);
  }
  CHECK(table.size() == kept.size());
  for (const Record& record : kept) REQUIRE(find(table, record) == &record);
}

TEST_CASE("an empty table holds nothing") {
  const Table<Record> table;
  CHECK(find(table, {1, 1}) == nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("a table that grows keeps what it holds") {
  PAWL_PRINT_SEED();
  Random random;
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 20'000; ++i) records.push_back({random.next(), i});
  check_holds_all(records);
}

TEST_CASE("records of one hash are told apart") {
  for (const std::uint64_t hash : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{12345}}) {
    std::vector<Record> records;
    for (std::uint64_t i = 0; i < 300; ++i) records.push_back({hash, i});
    check_holds_all(records);
  }
}

TEST_CASE("records whose hashes agree in the bits that a slot shows are told apart") {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 300; ++i) records.push_back({0xabcd'0000'0000'0007 + (i << 32), 0});
  check_holds_all(records);
}

TEST_CASE("records that all fall on the table's last slot go round to its first") {
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 100; ++i) records.push_back({i << 48 | 0xffff'ffff, i});
  check_holds_all(records);
}

TEST_CASE("an insertion that finds no memory changes nothing") {
  PAWL_SKIP_UNDER_SANITIZER();
  std::vector<Record> records;
  for (std::uint64_t i = 0; i < 200; ++i) records.push_back({i * 0x9e37'79b9'7f4a'7c15, i});
  Table<Record> table;
  int failures = 0;
  for (Record& record : records) {
    // The room that the first allocation made stays, so the second fails at two places.
    for (const std::uint64_t nth : {1U, 2U, 2U}) {
      if (find(table, record) != nullptr) continue;
      const FailingAlloc failing{nth};
      try {
        table.insert(&record);
      } catch (const std::bad_alloc&) {
        ++failures;
      }
    }
    if (find(table, record) == nullptr) table.insert(&record);
  }
  CHECK(failures >= 15);  // three at each growth
  CHECK(table.size() == records.size());
  for (const Record& record : records) CHECK(find(table, record) == &record);
}

TEST_CASE("a record at an address that a slot cannot hold is refused") {
  Table<Record> table;
  CHECK_THROWS_AS(table.insert(std::bit_cast<Record*>(std::uint64_t{1} << 52)), std::bad_alloc);
  CHECK(table.size() == 0);
}

TEST_SUITE("concurrent") {
  TEST_CASE("readers find everything inserted before, while the table grows") {
    PAWL_PRINT_SEED();
    Random random;
    std::vector<Record> records;
    for (std::uint64_t i = 0; i < 20'000; ++i) records.push_back({random.next(), i});
    Table<Record> table;
    std::atomic<std::size_t> inserted{0};
    std::atomic<std::size_t> missed{0};
    std::vector<std::thread> readers;
    for (std::uint64_t reader = 1; reader <= 2; ++reader)
      readers.emplace_back([&, reader] {
        Random pick{reader};
        std::size_t there = 0;
        while (there < records.size()) {
          there = inserted.load(std::memory_order_acquire);
          if (there == 0) continue;
          const Record& wanted = records[pick.below(there)];
          missed += find(table, wanted) == &wanted ? 0U : 1U;
          missed += find(table, {wanted.hash, ~wanted.id}) == nullptr ? 0U : 1U;
        }
      });
    for (Record& record : records) {
      table.insert(&record);
      inserted.fetch_add(1, std::memory_order_release);
    }
    for (std::thread& reader : readers) reader.join();
    CHECK(missed == 0);
  }
}

}  // namespace
