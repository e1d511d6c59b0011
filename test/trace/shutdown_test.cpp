// A tracer that ends while something still holds it: an Agent that hangs, a thread that lives on,
// traces that it cannot send.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/trace.h>

#include "support/http_peer.h"
#include "trace/http.h"
#include "trace/memory_tracer.h"

namespace {

using pawl::test::Far;
using pawl::test::HttpPeer;
using pawl::test::MemoryTracer;
using pawl::test::quiet_tracer;
using pawl::trace::Fate;
using pawl::trace::SpanDrop;
using pawl::trace::TracerOptions;
using namespace std::chrono_literals;

constexpr auto kPatience = 30s;

// A door at which the background thread waits, as if the Agent did not answer.
class Door {
 public:
  void pass() {
    std::unique_lock lock{mutex_};
    waits_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  bool wait_for_somebody() {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, kPatience, [this] { return waits_; });
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool waits_ = false;
  bool open_ = false;
};

TracerOptions in_background() {
  auto options = quiet_tracer();
  options.background = pawl::Background::threads;
  options.flush_interval = 100ms;
  options.close_deadline = 0ms;
  return options;
}

// Making a tracer frees those that nobody holds.
bool is_freed(const std::shared_ptr<Far>& far) {
  const MemoryTracer later;
  return far.use_count() == 1;
}

bool is_freed_in_time(const std::shared_ptr<Far>& far) {
  const auto patience = std::chrono::steady_clock::now() + kPatience;
  while (!is_freed(far) && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  return far.use_count() == 1;
}

TEST_SUITE_BEGIN("concurrent");

TEST_CASE("what hangs at close is lost, stays lost, is not spoken of, and is freed when it ends") {
  const auto door = std::make_shared<Door>();
  const auto warnings = std::make_shared<std::atomic<int>>(0);
  auto options = in_background();
  options.on_warning = [warnings](std::string_view) { ++*warnings; };
  std::optional<MemoryTracer> t{options};
  const auto far = t->far;
  far->answer.spans = Fate::timed_out;
  far->while_sending = [door] { door->pass(); };
  t->tracer.start("s").finish();
  REQUIRE(door->wait_for_somebody());
  const auto lost = t->tracer.close(0ms);
  CHECK(lost[SpanDrop::shutdown] == 1);
  const int warned = *warnings;
  CHECK(warned == 1);
  t.reset();
  door->open();
  CHECK(is_freed_in_time(far));
  CHECK(*warnings == warned);
}

std::size_t threads_here() {
  const std::filesystem::directory_iterator tasks{"/proc/self/task"};
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

// Waits until there is a thread less.
bool has_ended(std::size_t threads, std::chrono::steady_clock::time_point until) {
  while (threads_here() >= threads && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  return threads_here() < threads;
}

TEST_CASE("a request that the Agent does not answer ends with the deadline of close") {
  if (!pawl::trace::has_http()) {
    MESSAGE("skipped: built without libcurl");
    return;
  }
  HttpPeer agent;
  agent.always({{{HttpPeer::Step::Kind::hold}}});
  auto options = in_background();
  options.agent_url = agent.url();
  auto made = pawl::trace::Tracer::create(std::move(options));
  REQUIRE(made);
  made->start("s").finish();
  REQUIRE(agent.wait_for(1));
  const auto threads = threads_here();
  const auto start = std::chrono::steady_clock::now();
  const auto lost = made->close(200ms);
  CHECK(std::chrono::steady_clock::now() - start < 200ms + 1'000ms);
  CHECK(lost.total() == 1);
  CHECK(has_ended(threads, start + 200ms + 1'500ms));  // below the 2 s of the request
}

TEST_CASE("the ledger of a closed tracer does not change when its thread comes back") {
  const auto door = std::make_shared<Door>();
  MemoryTracer t{in_background()};
  t.far->answer.spans = Fate::timed_out;
  t.far->while_sending = [door] { door->pass(); };
  t.tracer.start("s").finish();
  REQUIRE(door->wait_for_somebody());
  t.tracer.close(0ms);
  const auto threads = threads_here();
  door->open();
  REQUIRE(has_ended(threads, std::chrono::steady_clock::now() + kPatience));
  const auto stats = t.tracer.stats();
  CHECK(stats.buffered_bytes == 0);
  CHECK(stats.dropped[SpanDrop::shutdown] == 1);
  CHECK(stats.dropped.total() == 1);
  CHECK(stats.balanced());
}

TEST_CASE("20 tracers in turn may hang at close") {
  for (int i = 0; i < 20; ++i) {
    const auto door = std::make_shared<Door>();
    std::optional<MemoryTracer> t{in_background()};
    const auto far = t->far;
    far->while_sending = [door] { door->pass(); };
    t->tracer.start("s").finish();
    REQUIRE(door->wait_for_somebody());
    t.reset();
    door->open();
    REQUIRE(is_freed_in_time(far));
  }
}

// One thread that does what it is given, for as long as the test lives.
class LongLived {
 public:
  ~LongLived() {
    run({});
    thread_.join();
  }
  void run(std::function<void()> job) {
    std::unique_lock lock{mutex_};
    job_ = std::move(job);
    has_job_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !has_job_; });
  }

 private:
  void live() {
    std::unique_lock lock{mutex_};
    for (bool lives = true; lives;) {
      changed_.wait(lock, [this] { return has_job_; });
      lives = job_ != nullptr;
      if (lives) job_();
      has_job_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> job_;
  bool has_job_ = false;
  std::thread thread_{[this] { live(); }};
};

TEST_CASE("a thread that outlives many tracers lets go of each when it comes to the next") {
  LongLived thread;
  std::vector<std::shared_ptr<Far>> fars;
  for (int i = 0; i < 20; ++i) {
    MemoryTracer t;
    fars.push_back(t.far);
    thread.run([&t] { t.tracer.start("s").finish(); });
    CHECK(t.flush().size() == 1);
  }
  const MemoryTracer last;
  thread.run([&last] { last.tracer.start("s").finish(); });
  for (const auto& far : fars) CHECK(is_freed(far));
}

TEST_SUITE_END();

}  // namespace
