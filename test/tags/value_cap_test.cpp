#include "tags/value_cap.h"

#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::tags::CapClaims;
using pawl::tags::ValueCap;
using pawl::test::Random;

// Asks as a call that passes if its only tag does.
bool admits(ValueCap& cap, const std::string& key, const std::string& value) {
  CapClaims claims;
  const bool admitted = claims.claim(cap, key, value);
  claims.keep();
  return admitted;
}

TEST_CASE("a cap lets the first values of each key in, for ever") {
  std::mutex mutex;
  ValueCap cap{2, mutex};
  CHECK(admits(cap, "k", "a"));
  CHECK(admits(cap, "k", "b"));
  CHECK_FALSE(admits(cap, "k", "c"));
  CHECK(admits(cap, "l", "c"));
  CHECK(admits(cap, "k", "a"));
  CHECK_FALSE(admits(cap, "k", "c"));
}

TEST_CASE("a call that is not kept gives back the places it took, and no others") {
  std::mutex mutex;
  ValueCap cap{2, mutex};
  CHECK(admits(cap, "k", "a"));
  {
    CapClaims claims;
    CHECK(claims.claim(cap, "k", "a"));
    CHECK(claims.claim(cap, "k", "b"));
    CHECK_FALSE(claims.claim(cap, "k", "c"));
    CHECK(claims.claim(cap, "l", "d"));
  }
  CHECK(admits(cap, "k", "c"));
  CHECK(admits(cap, "k", "a"));
  CHECK_FALSE(admits(cap, "k", "b"));
}

TEST_CASE("caps of one policy wait for a call as a whole") {
  std::mutex mutex;
  ValueCap one{1, mutex};
  ValueCap two{1, mutex};
  CapClaims claims;
  CHECK(claims.claim(one, "k", "a"));
  CHECK(claims.claim(two, "k", "a"));
  bool locked = true;
  std::thread{[&] {
    locked = mutex.try_lock();
    if (locked) mutex.unlock();
  }}.join();
  CHECK_FALSE(locked);
}

TEST_SUITE("concurrent") {
  TEST_CASE("threads never let more in than the cap, and agree on which") {
    constexpr std::size_t kMost = 20;
    std::mutex mutex;
    ValueCap cap{kMost, mutex};
    std::vector<std::set<std::string>> in(4);
    std::vector<std::set<std::string>> out(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < in.size(); ++i)
      threads.emplace_back([&, i] {
        Random random{i};
        for (int n = 0; n < 10'000; ++n) {
          const std::string value = std::to_string(random.below(200));
          if (random.chance(0.1)) CapClaims{}.claim(cap, "k", value);  // a call that is refused
          (admits(cap, "k", value) ? in : out)[i].insert(value);
        }
      });
    for (auto& thread : threads) thread.join();
    std::set<std::string> all_in;
    std::set<std::string> all_out;
    for (const auto& values : in) all_in.insert(values.begin(), values.end());
    for (const auto& values : out) all_out.insert(values.begin(), values.end());
    CHECK(all_in.size() == kMost);
    CHECK(all_out.size() == 200 - kMost);
    for (const std::string& value : all_in) CHECK(all_out.count(value) == 0);
  }
}

}  // namespace
