#include "tags/value_cap.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::tags::ValueCap;
using pawl::test::Random;

TEST_CASE("a cap lets the first values of each key in, for ever") {
  ValueCap cap{2};
  CHECK(cap.admits("k", "a"));
  CHECK(cap.admits("k", "b"));
  CHECK_FALSE(cap.admits("k", "c"));
  CHECK(cap.admits("l", "c"));
  CHECK(cap.admits("k", "a"));
  CHECK_FALSE(cap.admits("k", "c"));
}

TEST_SUITE("concurrent") {
  TEST_CASE("threads never let more in than the cap, and agree on which") {
    constexpr std::size_t kMost = 20;
    ValueCap cap{kMost};
    std::vector<std::set<std::string>> in(4);
    std::vector<std::set<std::string>> out(4);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < in.size(); ++i)
      threads.emplace_back([&, i] {
        Random random{i};
        for (int n = 0; n < 10'000; ++n) {
          const std::string value = std::to_string(random.below(200));
          (cap.admits("k", value) ? in : out)[i].insert(value);
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
