// The Nth allocation fails, for every N: no call throws, and every sample stays in the books.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/alloc_counter.h"

namespace {

using pawl::Background;
using pawl::Client;
using pawl::InMemoryTransport;
using pawl::Options;
using pawl::test::FailingAlloc;
using pawl::test::quiet_options;
using namespace std::chrono_literals;

// Calls of every kind; gives how many samples they hold.
std::uint64_t scripted_session(const Client& client) {
  const std::string member(40, 'm');
  static const std::vector<double> kValues{1, 2, 3};
  client.count("c", 1, {{"a", "b"}});
  client.gauge("g", 1, {{"a", "b"}});
  client.histogram("h", 1);
  client.distribution("d", kValues);
  client.timing("t", 1ms);
  client.set("s", member);
  client.count_at("at", 1, std::chrono::system_clock::time_point{1s});
  client.event({.title = "title", .text = "text"});
  client.service_check({.name = "check", .message = "message"});
  client.counter("bound").add(1);
  client.distribution("bound").record(1);
  const Client child = client.child({.prefix = "child.", .tags = {{"x", "y"}}});
  child.count("c", 1);
  client.flush(1s);
  for (int i = 0; i < 40; ++i) client.count("c" + std::to_string(i), 1);
  for (int i = 0; i < 5'000; ++i) client.distribution("d", 1);
  return 14 + 40 + 5'000;
}

// The names of the last loop are short enough to need no memory of the test's own.
struct Result {
  bool failed = false;
  bool made = false;
};
Result run_with_failure(std::uint64_t nth, Background background) {
  auto options = quiet_options();
  options.background = background;
  options.telemetry = pawl::Switch::on;
  const auto transport = std::make_shared<InMemoryTransport>();
  options.transport = transport;
  std::optional<Client> client;
  std::uint64_t samples = 0;
  bool failed = false;
  {
    const std::string member(40, 'm');
    const FailingAlloc failing{nth};
    auto made = Client::create(std::move(options));
    if (made) {
      client.emplace(std::move(*made));
      try {
        samples = scripted_session(*client);
      } catch (const std::bad_alloc&) {
        samples = UINT64_MAX;  // the script's own memory
      }
      client->close(1s);
    }
    failed = failing.happened();
  }
  if (!client) return {failed, false};
  const auto stats = client->stats();
  CHECK(stats.balanced());
  CHECK(stats.pending == pawl::Amount{});
  if (samples != UINT64_MAX) CHECK(stats.called.samples == samples);
  return {failed, true};
}

TEST_CASE("whichever allocation fails, nothing throws and the ledger balances") {
  PAWL_SKIP_UNDER_SANITIZER();
  for (const auto background : {Background::manual, Background::threads}) {
    std::uint64_t nth = 1;
    int made = 0;
    for (;; ++nth) {
      CAPTURE(nth);
      const Result result = run_with_failure(nth, background);
      made += result.made ? 1 : 0;
      if (!result.failed) break;
    }
    CHECK(made > 50);
  }
}

TEST_CASE("a failed allocation costs one sample, not the next") {
  PAWL_SKIP_UNDER_SANITIZER();
  pawl::test::MemoryClient client;
  client->count("b", 1);
  {
    const FailingAlloc failing{1};
    client->count("a", 5);
  }
  client->count("a", 7);
  CHECK(client.text() == "b:1|c\na:7|c\n");
  CHECK(client->stats()[pawl::Reject::no_memory] == pawl::Amount{1, 5});
}

TEST_CASE("a thread that finds no memory for cells of its own records into the common ones") {
  PAWL_SKIP_UNDER_SANITIZER();
  pawl::test::MemoryClient client;
  {
    const FailingAlloc failing{1};
    client->count("a", 5);
  }
  client->count("a", 7);
  CHECK(client.text() == "a:12|c\n");
  CHECK(client->stats().balanced());
}

// In a process of its own, whose address space has no room for a thread's stack.
TEST_CASE("a client that can have no threads works by flush and close, and says so") {
  PAWL_SKIP_UNDER_SANITIZER();
  const pid_t child = ::fork();
  if (child == 0) {
    int warnings = 0;
    auto options = quiet_options();
    options.background = Background::threads;
    options.on_warning = [&warnings](std::string_view) { ++warnings; };
    const auto transport = std::make_shared<InMemoryTransport>();
    options.transport = transport;
    const rlimit none{std::size_t{64} << 20, std::size_t{64} << 20};
    const rlimit stack{std::size_t{1} << 40, RLIM_INFINITY};
    ::setrlimit(RLIMIT_STACK, &stack);
    ::setrlimit(RLIMIT_AS, &none);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, std::size_t{256} << 20);
    pthread_setattr_default_np(&attributes);
    const auto client = Client::create(options);
    client->count("a", 1);
    const bool flushed = client->flush(1s) && transport->take().size() == 1;
    client->count("a", 1);
    const bool closed = !client->close(1s) && transport->take().size() == 1;
    ::_exit(flushed && closed && warnings == 1 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

}  // namespace
