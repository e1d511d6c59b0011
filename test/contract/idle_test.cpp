// What a client costs that has nothing to do: its threads sleep.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using namespace std::chrono_literals;

// By thread: how often it has gone to sleep since it was made.
std::map<std::string, std::int64_t> sleeps() {
  std::map<std::string, std::int64_t> found;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream status{thread.path() / "status"};
    for (std::string word; status >> word;)
      if (word == "voluntary_ctxt_switches:") status >> found[thread.path().filename()];
  }
  return found;
}

TEST_SUITE("concurrent") {
  TEST_CASE("a client with nothing to do wakes once a flush interval") {
    constexpr auto kInterval = 100ms;
    constexpr int kIntervals = 20;
    const auto before = sleeps();
    auto options = pawl::test::quiet_options();
    options.background = pawl::Background::threads;
    options.flush_interval = kInterval;
    options.transport = std::make_shared<pawl::InMemoryTransport>();
    const auto client = pawl::Client::create(options);
    REQUIRE(client);
    client->count("first");
    REQUIRE(client->flush(10s));

    const auto start = sleeps();
    std::this_thread::sleep_for(kIntervals * kInterval);
    const auto end = sleeps();
    int threads = 0;
    std::int64_t wakes = 0;
    for (const auto& [thread, count] : end) {
      if (before.contains(thread)) continue;
      REQUIRE(start.contains(thread));
      wakes += count - start.at(thread);
      ++threads;
    }
    CHECK(threads == 2);
    CHECK(wakes <= kIntervals + 2);
    CHECK(wakes >= kIntervals / 2);
  }
}

}  // namespace
