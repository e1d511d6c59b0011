#include "base/warnings.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::Clock;
using pawl::base::Warnings;
using namespace std::chrono_literals;

constexpr Clock::SteadyTime kStart{1h};

struct Heard {
  std::vector<std::string> lines;
  Warnings warnings{[this](std::string_view line) { lines.emplace_back(line); }};
};

TEST_CASE("a warning is said at most once a minute for each reason") {
  Heard heard;
  heard.warnings.warn("a", "1", kStart);
  heard.warnings.warn("a", "2", kStart + 59s);
  heard.warnings.warn("b", "3", kStart + 59s);
  heard.warnings.warn("a", "4", kStart + 60s);
  CHECK(heard.lines == std::vector<std::string>{"a: 1", "b: 3", "a: 4"});
}

TEST_CASE("what is told is said each time") {
  Heard heard;
  heard.warnings.tell("a", "1");
  heard.warnings.tell("a", "2");
  CHECK(heard.lines == std::vector<std::string>{"a: 1", "a: 2"});
}

TEST_CASE("a callback that throws against its contract harms nobody") {
  Warnings warnings{[](std::string_view) { throw std::runtime_error{"no"}; }};
  warnings.warn("a", "b", kStart);
}

TEST_CASE("without a callback nobody is told") {
  Warnings warnings{nullptr};
  warnings.warn("a", "b", kStart);
}

TEST_CASE("what is silenced says nothing any more, and no callback runs then") {
  std::counting_semaphore<> entered{0};
  std::atomic<bool> left{false};
  std::vector<std::string> lines;
  Warnings warnings{[&](std::string_view line) {
    lines.emplace_back(line);
    entered.release();
    std::this_thread::yield();
    left = true;
  }};
  std::thread other{[&warnings] { warnings.tell("a", "1"); }};
  entered.acquire();
  warnings.silence(std::chrono::steady_clock::now() + 30s);
  CHECK(left);
  warnings.tell("a", "2");
  warnings.warn("b", "3", kStart);
  CHECK(lines == std::vector<std::string>{"a: 1"});
  other.join();
}

TEST_CASE("a callback may silence what called it") {
  std::unique_ptr<Warnings> warnings;
  int calls = 0;
  warnings = std::make_unique<Warnings>([&](std::string_view) {
    ++calls;
    warnings->silence(std::chrono::steady_clock::now());
  });
  warnings->tell("a", "1");
  warnings->tell("a", "2");
  CHECK(calls == 1);
}

}  // namespace
