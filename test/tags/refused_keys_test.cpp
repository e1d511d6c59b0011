#include "tags/refused_keys.h"

#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::RefusedKey;
using pawl::tags::kRefusedNumbers;
using pawl::tags::RefusedCounts;
using pawl::tags::RefusedKeys;

// Counts as the threads' tallies do: by number, upwards only.
struct Counted {
  RefusedKeys keys;
  RefusedCounts counts{};

  void count(const std::string& key, std::uint64_t times = 1) {
    counts[keys.number_of(key)] += times;
  }
  void turn() {
    keys.turn(counts);
    keys.free_turned(counts);
  }
  // Gives 0 when the key is not among the highest.
  std::uint64_t told(std::string_view key) const {
    for (const RefusedKey& one : keys.highest(counts))
      if (one.key() == key) return one.tags;
    return 0;
  }
  std::uint64_t told_in_all() const {
    std::uint64_t sum = 0;
    for (const RefusedKey& one : keys.between({}, counts)) sum += one.tags;
    return sum;
  }
  std::uint64_t counted() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
};

TEST_CASE("a key has one number") {
  RefusedKeys keys;
  const auto user = keys.number_of("user");
  const auto session = keys.number_of("session");
  CHECK(user != session);
  CHECK(keys.number_of("user") == user);
}

TEST_CASE("keys beyond 62 share a number, and want a turn") {
  RefusedKeys keys;
  for (std::size_t i = 0; i < 1'000; ++i) {
    CHECK(keys.wants_turn() == (i > 62));
    const auto number = keys.number_of("k" + std::to_string(i));
    CHECK((number == RefusedKeys::kOthers) == (i >= 62));
  }
  CHECK(keys.number_of("k61") == kRefusedNumbers - 1);
}

TEST_CASE("a long key is told by its beginning, cut between characters") {
  Counted counted;
  const std::string start(46, 'x');
  counted.count(start + "ö and more");
  counted.count(start + "ü");
  counted.count(start + "y");
  CHECK(counted.told(start) == 2);
  CHECK(counted.told(start + "y") == 1);
}

TEST_CASE("the highest counts come first, and what was not counted not at all") {
  Counted counted;
  for (std::size_t i = 0; i < 20; ++i) counted.count("k" + std::to_string(i), i);
  counted.counts[RefusedKeys::kOthers] = 15;
  const auto highest = counted.keys.highest(counted.counts);
  CHECK(highest[0].key() == "k19");
  CHECK(highest[0].tags == 19);
  CHECK(highest[4].key() == "(others)");
  CHECK(highest[5].key() == "k15");
  CHECK(highest[7].key() == "k13");
  Counted one;
  one.count("k3");
  CHECK(one.keys.highest(one.counts)[0].key() == "k3");
  CHECK(one.keys.highest(one.counts)[1].tags == 0);
  CHECK(one.keys.highest(one.counts)[1].key().empty());
}

TEST_CASE("who offends most gets a number, however late he comes") {
  Counted counted;
  for (int i = 0; i < 62; ++i) counted.count("early" + std::to_string(i));
  counted.count("late", 1'000);
  CHECK(counted.told("late") == 0);
  counted.turn();
  counted.count("late", 1'000);
  CHECK(counted.told("late") == 1'000);
  for (int i = 0; i < 10; ++i) {
    for (int n = 0; n < 500; ++n) counted.count("flood" + std::to_string(500 * i + n));
    counted.turn();
  }
  CHECK(counted.told("late") == 1'000);
  CHECK(counted.told_in_all() == counted.counted());
}

TEST_CASE("a turn takes the numbers of those that were counted least, and no count is lost") {
  Counted counted;
  for (std::size_t i = 0; i < 62; ++i) counted.count("k" + std::to_string(i), i + 1);
  counted.turn();
  CHECK(counted.told("k61") == 62);
  CHECK(counted.told("(others)") == 31 * 32 / 2);
  CHECK(counted.told_in_all() == counted.counted());
  counted.count("k0");
  counted.count("k61");
  CHECK(counted.told("k61") == 63);
  CHECK(counted.told_in_all() == counted.counted());
}

TEST_CASE("a number that was taken is nobody's until it is freed") {
  Counted counted;
  for (int i = 0; i < 62; ++i) counted.count("k" + std::to_string(i));
  counted.keys.turn(counted.counts);
  CHECK(counted.keys.number_of("new") == RefusedKeys::kOthers);
  int gone = 0;
  for (int i = 0; i < 62; ++i)
    gone += counted.keys.number_of("k" + std::to_string(i)) == RefusedKeys::kOthers;
  CHECK(gone == RefusedKeys::kTurned);
  CHECK(counted.keys.wants_turn());
  counted.keys.free_turned(counted.counts);
  CHECK(counted.keys.number_of("new") != RefusedKeys::kOthers);
}

TEST_CASE("between two readings each key has what was counted while the number was its own") {
  Counted counted;
  for (int i = 0; i < 62; ++i) counted.count("k" + std::to_string(i), i < 31 ? 1 : 100);
  const RefusedCounts before = counted.counts;
  counted.count("k0", 5);
  counted.count("k61", 7);
  counted.turn();
  counted.count("new", 3);
  std::uint64_t sum = 0;
  for (const RefusedKey& one : counted.keys.between(before, counted.counts)) {
    sum += one.tags;
    if (one.key() == "new") CHECK(one.tags == 3);
    if (one.key() == "k61") CHECK(one.tags == 7);
    if (one.key() == "(others)") CHECK(one.tags == 5);
  }
  CHECK(sum == 15);
}

TEST_CASE("in a child all counts begin at 0") {
  Counted counted;
  for (int i = 0; i < 62; ++i) counted.count("k" + std::to_string(i), 10);
  counted.turn();
  counted.keys.start_over_in_child();
  counted.counts = {};
  counted.count("new", 4);
  CHECK(counted.told("new") == 4);
  CHECK(counted.told("(others)") == 0);
}

TEST_SUITE("concurrent") {
  TEST_CASE("threads that bring the same keys get the same numbers") {
    RefusedKeys keys;
    std::vector<std::vector<std::uint8_t>> numbers(4);
    std::vector<std::thread> threads;
    for (auto& mine : numbers)
      threads.emplace_back([&keys, &mine] {
        for (int i = 0; i < 5'000; ++i)
          mine.push_back(keys.number_of("k" + std::to_string(i % 60)));
      });
    for (auto& thread : threads) thread.join();
    for (const auto& mine : numbers) CHECK(mine == numbers.front());
  }
}

}  // namespace
