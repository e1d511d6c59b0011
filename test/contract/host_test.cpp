// What the host program may do to its process: signals, locales.

#include <atomic>
#include <chrono>
#include <csignal>
#include <ctime>
#include <locale>
#include <string>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "client/threads.h"
#include "support/comma_locale.h"
#include "support/fake_agent.h"

namespace {

using pawl::Background;
using pawl::Client;
using pawl::test::FakeAgent;
using pawl::test::MemoryClient;
using pawl::test::on_threads;
using pawl::test::quiet_options;
using pawl::test::Tally;
using namespace std::chrono_literals;

std::atomic<int> g_alarms{0};

// A timer that interrupts the process 10,000 times a second, with a handler of its own.
class Storm {
 public:
  Storm() {
    struct sigaction action {};
    action.sa_handler = [](int) { ++g_alarms; };  // without SA_RESTART: calls fail with EINTR
    ::sigaction(SIGALRM, &action, &before_);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGALRM;
    REQUIRE(::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0);
    const itimerspec often{.it_interval = {0, 100'000}, .it_value = {0, 100'000}};
    REQUIRE(::timer_settime(timer_, 0, &often, nullptr) == 0);
  }
  ~Storm() {
    ::timer_delete(timer_);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

 private:
  timer_t timer_{};
  struct sigaction before_ {};
};

// A locale in which one and a half is "1,5" and a thousand "1.000".
struct Comma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST_SUITE("concurrent") {
  TEST_CASE("a storm of signals loses nothing") {
    for (const auto kind : {FakeAgent::Kind::unix_datagram, FakeAgent::Kind::unix_stream}) {
      FakeAgent agent{kind};
      auto options = quiet_options();
      options.background = Background::threads;
      options.address = agent.url();
      const auto client = Client::create(options);
      REQUIRE(client);
      g_alarms = 0;
      std::uint64_t calls = 0;
      {
        const Storm storm;
        while (g_alarms < 500) {
          client->count("hits");
          client->distribution("d", 1);
          if (++calls % 2'000 == 0) client->flush(10s);
        }
      }
      CHECK_FALSE(client->close(10s));
      agent.drain();
      Tally arrived;
      arrived.feed_all(agent.take_payloads());
      CHECK(arrived.count("hits") == static_cast<double>(calls));
      CHECK(arrived.of({"d", "d"}).weight() == static_cast<std::int64_t>(calls));
      CHECK(client->stats().handed_to_kernel.samples == 2 * calls);
    }
  }
}

TEST_CASE("a comma in the host's locale changes no byte") {
  const std::locale before = std::locale::global(std::locale{std::locale{}, new Comma});
  {
    const pawl::test::CommaLocale commas;
    auto options = quiet_options();
    options.telemetry = pawl::Switch::on;
    MemoryClient client{options};
    client->count("c", 1'234'567);
    client->gauge("g", 1'234'567.5);
    client->distribution("d", 0.25);
    CHECK(client.text() == "d:0.25|d\nc:1234567|c\ng:1234567.5|g\n");
    client->event({.title = std::string(1'000, 't'), .text = "x"});
    CHECK(client.sent().events().size() == 1);
    client->timing("t", 1ms, {}, {.sample_rate = 0.5});
    client.clock->advance(10s);
    client.sent();
  }
  std::locale::global(before);
}

}  // namespace
