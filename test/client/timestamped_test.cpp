#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"

namespace {

using pawl::Reject;
using pawl::test::MemoryClient;
using Time = std::chrono::system_clock::time_point;
using Points = std::vector<std::pair<std::int64_t, double>>;
using namespace std::chrono_literals;

TEST_CASE("values with a time of their own are one line each") {
  MemoryClient client;
  client->count_at("jobs", 3, Time{1'690'000'000s}, {{"queue", "a"}});
  client->count_at("jobs", 4, Time{1'690'000'000s}, {{"queue", "a"}});
  client->gauge_at("depth", 0.5, Time{1'690'000'001s + 900ms});
  CHECK(client.text() ==
        "jobs:3|c|#queue:a|T1690000000\n"
        "jobs:4|c|#queue:a|T1690000000\n"
        "depth:0.5|g|T1690000001\n");
}

TEST_CASE("a value with a time is not added to the one without") {
  MemoryClient client;
  client->count("jobs", 1);
  client->count_at("jobs", 5, Time{1'690'000'000s});
  const auto sent = client.sent();
  CHECK(sent.count("jobs") == 1);
  CHECK(sent.of({"c", "jobs"}).points == Points{{1'690'000'000, 5.0}});
  CHECK(client->stats().handed_to_kernel.counted == 6);
}

TEST_CASE("a time before 1970 or more than an hour ahead is refused") {
  MemoryClient client;
  const Time now = client.clock->wall_now();
  for (const Time bad : {Time{}, Time{-1s}, Time{999ms}, now + 1h + 1s, Time::max(), Time::min()})
    client->count_at("jobs", 2, bad);
  CHECK(client.text().empty());
  const auto stats = client->stats();
  CHECK(stats[Reject::timestamp].samples == 6);
  CHECK(stats[Reject::timestamp].counted == 12);
  CHECK(stats.balanced());
}

TEST_CASE("a time from one second after 1970 to an hour ahead is taken") {
  MemoryClient client;
  client->gauge_at("depth", 1, Time{1s});
  client->gauge_at("depth", 2, client.clock->wall_now() + 1h);
  CHECK(client.sent().metric_lines() == 2);
}

TEST_CASE("a time far in the future is refused") {
  MemoryClient client;
  client->gauge_at("depth", 1, Time{9'000'000'000s});
  CHECK(client->stats()[Reject::timestamp].samples == 1);
}

TEST_CASE("a gauge with a time that is no number is refused") {
  MemoryClient client;
  client->gauge_at("depth", std::nan(""), Time{1'690'000'000s});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::value].samples == 1);
}

TEST_CASE("an event and a check with an odd time are refused") {
  MemoryClient client;
  client->event({.title = "a", .text = "b", .timestamp = Time{0s}});
  client->service_check({.name = "a", .timestamp = client.clock->wall_now() + 2h});
  CHECK(client.text().empty());
  CHECK(client->stats()[Reject::timestamp].samples == 2);
}

TEST_CASE("the name and tags of a value with a time are repaired as others are") {
  MemoryClient client;
  client->count_at("job count", 1, Time{1s}, {{"a", "b|c"}, {"host", "evil"}});
  client->count_at("", 1, Time{1s});
  CHECK(client.text() == "job_count:1|c|#a:b_c|T1\n");
  const auto stats = client->stats();
  CHECK(stats[pawl::Repair::name] == 1);
  CHECK(stats[pawl::Repair::tag_bytes] == 1);
  CHECK(stats[pawl::Repair::tag_reserved] == 1);
  CHECK(stats[Reject::name].samples == 1);
}

}  // namespace
