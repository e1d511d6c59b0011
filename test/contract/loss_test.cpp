// 200,000 calls a second over 10,000 contexts, into sockets with the buffers that the system gives:
// all of it arrives.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "support/agent_socket.h"
#include "support/fake_agent.h"
#include "support/sanitizers.h"
#include "support/tally.h"

namespace {

using pawl::test::FakeAgent;
using pawl::test::Tally;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr int kContexts = 10'000;
constexpr int kCallsInMs = 200;
constexpr int kMilliseconds = pawl::test::kUnderSanitizer ? 500 : 2'000;
constexpr int kCalls = kCallsInMs * kMilliseconds;
constexpr int kCallsOfEach = kCalls / kContexts;

nanoseconds to_duration(const timespec& time) {
  return std::chrono::seconds{time.tv_sec} + nanoseconds{time.tv_nsec};
}

// Reads UDP on a thread of its own, as an Agent does, and knows by the kernel's stamps how long a
// datagram has waited for it.
class Reader {
 public:
  Reader() : socket_(pawl::test::bind_udp(AF_INET, 0)), buffer_(65'536, '\0') {
    constexpr int kOn = 1;
    REQUIRE(::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &kOn, sizeof kOn) == 0);
    thread_ = std::thread{[this] { run(); }};
  }
  ~Reader() { stop(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::string url() const {
    return "udp://127.0.0.1:" + std::to_string(pawl::test::port_of(socket_));
  }

  // Reads what is there, and ends.
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // REQUIRE: stopped.
  const std::vector<std::string>& payloads() const { return payloads_; }
  nanoseconds longest_wait() const { return longest_wait_; }

 private:
  void run() {
    bool last = false;
    while (!last) {
      last = stopping_;
      pollfd wanted{socket_.get(), POLLIN, 0};
      ::poll(&wanted, 1, 10);
      while (read_one()) continue;
    }
  }

  bool read_one() {
    iovec piece{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) char stamp[CMSG_SPACE(sizeof(timespec))];
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = stamp;
    message.msg_controllen = sizeof stamp;
    const ssize_t size = ::recvmsg(socket_.get(), &message, 0);
    if (size < 0) return false;
    note_wait(message);
    payloads_.emplace_back(buffer_, 0, static_cast<std::size_t>(size));
    return true;
  }

  void note_wait(msghdr& message) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    timespec arrived = now;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_type == SCM_TIMESTAMPNS)
      std::memcpy(&arrived, CMSG_DATA(header), sizeof arrived);
    longest_wait_ = std::max(longest_wait_, to_duration(now) - to_duration(arrived));
  }

  const pawl::test::Descriptor socket_;
  std::string buffer_;
  std::atomic<bool> stopping_{false};
  std::vector<std::string> payloads_;
  nanoseconds longest_wait_{0};
  std::thread thread_;
};

// Counts at the rate of the headline, each context as often as every other, and closes.
void serve(const std::string& address) {
  auto options = pawl::test::quiet_options();
  options.background = pawl::Background::threads;
  options.flush_interval = 500ms;
  options.address = address;
  const auto client = pawl::Client::create(options);
  REQUIRE(client);
  std::vector<std::string> users;
  users.reserve(kContexts);
  for (int i = 0; i < kContexts; ++i) users.push_back(std::to_string(i));
  int next = 0;
  const auto start = steady_clock::now();
  for (int ms = 0; ms < kMilliseconds; ++ms) {
    for (int i = 0; i < kCallsInMs; ++i, next = (next + 1) % kContexts)
      client->count("http.requests",
                    1,
                    {{"user", users[static_cast<std::size_t>(next)]},
                     {"model", "gpt-4.1"},
                     {"prompt_name", "support_triage"},
                     {"feature", "support_agent"},
                     {"env", "prod"}});
    std::this_thread::sleep_until(start + std::chrono::milliseconds{ms + 1});
  }
  const auto lost = client->close(10s);
  CHECK(lost.total() == pawl::Amount{});
  CHECK(client->stats().handed_to_kernel == pawl::Amount{kCalls, kCalls});
}

// Tells whether each context has all of its calls.
bool all_arrived(const std::vector<std::string>& payloads) {
  Tally arrived;
  arrived.feed_all(payloads);
  CHECK(arrived.refusals().empty());
  const auto& contexts = arrived.contexts();
  return contexts.size() == kContexts &&
         std::all_of(contexts.begin(), contexts.end(), [](const auto& context) {
           return context.second.count == kCallsOfEach;
         });
}

TEST_SUITE("concurrent") {
  TEST_CASE("200,000 calls a second over 10,000 contexts all arrive over a Unix socket") {
    FakeAgent agent{FakeAgent::Kind::unix_datagram};
    serve(agent.url());
    agent.drain();
    CHECK(all_arrived(agent.payloads()));
  }

  TEST_CASE("200,000 calls a second over 10,000 contexts all arrive over UDP") {
    // A default receive buffer takes what is sent in 5 ms; no client helps a reader that a busy
    // machine holds up for longer.
    constexpr nanoseconds kHeldUp = 5ms;
    for (int attempt = 0; attempt < 3; ++attempt) {
      Reader reader;
      serve(reader.url());
      reader.stop();
      const bool all = all_arrived(reader.payloads());
      if (!all && reader.longest_wait() >= kHeldUp) continue;
      CHECK(all);
      return;
    }
    MESSAGE("skipped: this machine is too busy to read UDP");
  }
}

}  // namespace
