#include "base/worker.h"

#include <atomic>
#include <csignal>
#include <memory>
#include <semaphore>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"

namespace {

using pawl::base::Worker;
using std::chrono::steady_clock;
using Signal = std::counting_semaphore<>;

Worker::Time soon() { return steady_clock::now() + std::chrono::seconds{60}; }

// A step that says when it runs.
struct Steps {
  Signal ran{0};
  std::atomic<int> count{0};

  Worker::Step then(Worker::Time next) {
    return [this, next] {
      ++count;
      ran.release();
      return next;
    };
  }
};

TEST_SUITE("concurrent") {
  TEST_CASE("the first step runs as soon as the worker starts") {
    Steps steps;
    Worker worker;
    REQUIRE(worker.start(steps.then(Worker::Time::max())));
    steps.ran.acquire();
    CHECK(worker.running());
    CHECK(worker.stop(soon()));
    CHECK_FALSE(worker.running());
    CHECK(steps.count == 1);
  }

  TEST_CASE("a worker without a time to run waits to be woken") {
    Steps steps;
    Worker worker;
    REQUIRE(worker.start(steps.then(Worker::Time::max())));
    steps.ran.acquire();
    for (int i = 2; i <= 50; ++i) {
      worker.wake();
      steps.ran.acquire();
      CHECK(steps.count == i);
    }
    CHECK(worker.stop(soon()));
    CHECK(steps.count == 50);
  }

  TEST_CASE("a step runs again at the time it asks for") {
    Steps steps;
    Worker worker;
    const auto start = steady_clock::now();
    std::atomic<Worker::Time> last{start};
    REQUIRE(worker.start([&] {
      last = steady_clock::now();
      steps.ran.release();
      return steps.count++ == 0 ? start + std::chrono::milliseconds{20} : Worker::Time::max();
    }));
    steps.ran.acquire();
    steps.ran.acquire();
    CHECK(worker.stop(soon()));
    CHECK(last.load() >= start + std::chrono::milliseconds{20});
  }

  TEST_CASE("a wake while the step runs is not lost") {
    Signal entered{0};
    Signal go{0};
    Worker worker;
    REQUIRE(worker.start([&] {
      entered.release();
      go.acquire();
      return Worker::Time::max();
    }));
    entered.acquire();
    worker.wake();
    go.release();
    entered.acquire();  // the second step
    go.release();
    CHECK(worker.stop(soon()));
  }

  TEST_CASE("a step may wake its own worker") {
    Worker worker;
    Steps steps;
    REQUIRE(worker.start([&] {
      if (++steps.count < 100) worker.wake();
      steps.ran.release();
      return Worker::Time::max();
    }));
    for (int i = 0; i < 100; ++i) steps.ran.acquire();
    CHECK(worker.stop(soon()));
    CHECK(steps.count == 100);
  }

  TEST_CASE("stop waits for the step that runs") {
    Signal entered{0};
    std::atomic<bool> done{false};
    Worker worker;
    REQUIRE(worker.start([&] {
      entered.release();
      const auto until = steady_clock::now() + std::chrono::milliseconds{5};
      while (steady_clock::now() < until) {
      }
      done = true;
      return Worker::Time::max();
    }));
    entered.acquire();
    CHECK(worker.stop(soon()));
    CHECK(done);
  }

  TEST_CASE("a step that hangs is left behind at the deadline and ends after its step") {
    Signal entered{0};
    Signal go{0};
    Signal gone{0};
    std::atomic<int> steps{0};
    {
      const std::shared_ptr<int> owned{new int{0}, [&gone](const int* number) {
                                         delete number;
                                         gone.release();
                                       }};
      Worker worker;
      REQUIRE(worker.start([&entered, &go, &steps, owned] {
        ++steps;
        entered.release();
        go.acquire();
        return steady_clock::now();
      }));
      entered.acquire();
      CHECK_FALSE(worker.stop(steady_clock::now()));
      CHECK_FALSE(worker.running());
    }
    go.release();
    gone.acquire();
    CHECK(steps == 1);
  }

  TEST_CASE("all signals are blocked on the worker's thread, and none of the starter's") {
    const auto blocked = [](int signal) {
      sigset_t mask;
      pthread_sigmask(SIG_BLOCK, nullptr, &mask);
      return sigismember(&mask, signal) == 1;
    };
    std::atomic<bool> all{false};
    Signal ran{0};
    Worker worker;
    REQUIRE(worker.start([&] {
      all = blocked(SIGINT) && blocked(SIGTERM) && blocked(SIGALRM) && blocked(SIGUSR1) &&
            blocked(SIGPROF) && blocked(SIGPIPE);
      ran.release();
      return Worker::Time::max();
    }));
    ran.acquire();
    CHECK(worker.stop(soon()));
    CHECK(all);
    CHECK_FALSE(blocked(SIGINT));
    CHECK_FALSE(blocked(SIGUSR1));
  }
}

TEST_CASE("a worker that was never started can be woken and stopped") {
  Worker worker;
  worker.wake();
  CHECK_FALSE(worker.running());
  CHECK(worker.stop(steady_clock::now()));
}

TEST_CASE("a worker says so when its thread cannot be made") {
  PAWL_SKIP_UNDER_SANITIZER();
  Worker worker;
  {
    const pawl::test::FailingAlloc failing{1};
    CHECK_FALSE(worker.start([] { return Worker::Time::max(); }));
    REQUIRE(failing.happened());
  }
  CHECK_FALSE(worker.running());
  CHECK(worker.stop(steady_clock::now()));
}

}  // namespace
