#include "tags/refused_keys.h"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::RefusedKey;
using pawl::tags::kRefusedNumbers;
using pawl::tags::RefusedCounts;
using pawl::tags::RefusedKeys;

TEST_CASE("a key has one number, and the number its key") {
  RefusedKeys keys;
  const auto user = keys.number_of("user");
  const auto session = keys.number_of("session");
  CHECK(user != session);
  CHECK(keys.number_of("user") == user);
  CHECK(keys[user] == "user");
  CHECK(keys[session] == "session");
}

TEST_CASE("keys beyond the first 62 share a number") {
  RefusedKeys keys;
  for (std::size_t i = 0; i < 1'000; ++i) {
    const auto number = keys.number_of("k" + std::to_string(i));
    CHECK((number == RefusedKeys::kOthers) == (i >= 62));
  }
  CHECK(keys[RefusedKeys::kOthers] == "(others)");
  CHECK(keys.number_of("k61") == kRefusedNumbers - 1);
}

TEST_CASE("a long key is told by its beginning, cut between characters") {
  RefusedKeys keys;
  const std::string start(46, 'x');
  const auto number = keys.number_of(start + "ö and more");
  CHECK(keys[number] == start);
  CHECK(keys.number_of(start + "ü") == number);
  CHECK(keys[keys.number_of(start + "y")] == start + "y");
}

TEST_CASE("the highest counts come first, and what was not counted not at all") {
  RefusedKeys keys;
  RefusedCounts counts{};
  for (std::size_t i = 0; i < 20; ++i) counts[keys.number_of("k" + std::to_string(i))] = i;
  counts[RefusedKeys::kOthers] = 15;
  const auto highest = keys.highest(counts);
  CHECK(highest[0].key() == "k19");
  CHECK(highest[0].tags == 19);
  CHECK(highest[4].key() == "(others)");
  CHECK(highest[5].key() == "k15");
  CHECK(highest[7].key() == "k13");
  RefusedCounts one{};
  one[keys.number_of("k3")] = 1;
  CHECK(keys.highest(one)[0].key() == "k3");
  CHECK(keys.highest(one)[1].tags == 0);
  CHECK(keys.highest(one)[1].key().empty());
}

TEST_SUITE("concurrent") {
  TEST_CASE("threads that bring the same keys get the same numbers") {
    RefusedKeys keys;
    std::vector<std::vector<std::uint8_t>> numbers(4);
    std::vector<std::thread> threads;
    for (auto& mine : numbers)
      threads.emplace_back([&keys, &mine] {
        for (int i = 0; i < 5'000; ++i) {
          const std::string key = "k" + std::to_string(i % 60);
          mine.push_back(keys.number_of(key));
          if (keys[mine.back()] != key) mine.back() = 0;
        }
      });
    for (auto& thread : threads) thread.join();
    for (const auto& mine : numbers) CHECK(mine == numbers.front());
  }
}

}  // namespace
