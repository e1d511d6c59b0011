#include "client/warnings.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "client/memory_client.h"

namespace {

using pawl::Clock;
using pawl::Drop;
using pawl::Losses;
using pawl::SendStatus;
using pawl::client::Warnings;
using pawl::test::MemoryClient;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

constexpr Clock::SteadyTime kStart{1h};

struct Heard {
  std::vector<std::string> lines;
  Warnings warnings{[this](std::string_view line) { lines.emplace_back(line); }};
};

Losses lost(Drop reason, std::uint64_t samples) {
  Losses losses;
  losses.by_reason[static_cast<std::size_t>(reason)].samples = samples;
  return losses;
}

TEST_CASE("each wrong variable of the environment is told, not the first alone") {
  ::setenv("DD_DOGSTATSD_PORT", "x", 1);
  ::setenv("PAWL_TAG_POLICY", "/no/such/policy.json", 1);
  std::vector<std::string> heard;
  auto options = quiet_options();
  options.environment = pawl::Switch::on;
  options.on_warning = [&heard](std::string_view line) { heard.emplace_back(line); };
  options.transport = std::make_shared<pawl::InMemoryTransport>();
  const auto made = pawl::Client::create(options);
  ::unsetenv("DD_DOGSTATSD_PORT");
  ::unsetenv("PAWL_TAG_POLICY");
  REQUIRE(made.ok());
  CHECK(heard.size() == made->warnings().size());
  CHECK(heard.size() == 2);
}

TEST_CASE("losses are said by reason, and only when there are more than before") {
  Heard heard;
  heard.warnings.losses(lost(Drop::queue_full, 5), kStart);
  heard.warnings.losses(lost(Drop::queue_full, 5), kStart + 2min);
  heard.warnings.losses(lost(Drop::queue_full, 6), kStart + 4min);
  CHECK(heard.lines == std::vector<std::string>{"queue_full: 5", "queue_full: 6"});
}

TEST_CASE("losses that begin at nothing again are no news") {
  Heard heard;
  heard.warnings.losses(lost(Drop::queue_full, 5), kStart);
  heard.warnings.losses({}, kStart + 2min);
  CHECK(heard.lines.size() == 1);
}

TEST_CASE("a client tells its program what it dropped") {
  std::vector<std::string> heard;
  auto options = quiet_options();
  options.on_warning = [&heard](std::string_view line) { heard.emplace_back(line); };
  MemoryClient client{options};
  client.transport->behave(SendStatus::failed);
  client->count("a");
  client->close();
  CHECK(heard == std::vector<std::string>{"send_error: 1"});
}

}  // namespace
