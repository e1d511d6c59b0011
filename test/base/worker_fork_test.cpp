// Apart from worker_test.cpp: TSan lets no child of a threaded program make threads.

#include <semaphore>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/worker.h"

namespace {

using pawl::base::Worker;
using Signal = std::counting_semaphore<>;

Worker::Time soon() { return std::chrono::steady_clock::now() + std::chrono::seconds{60}; }

// Tells whether the worker can be had anew in a child of fork().
bool works_in_child(Worker& worker) {
  const pid_t child = ::fork();
  if (child == 0) {
    Signal ran{0};
    worker.forget();
    const bool fresh = !worker.running() && worker.start([&ran] {
      ran.release();
      return Worker::Time::max();
    });
    if (!fresh) ::_exit(1);
    ran.acquire();
    ::_exit(worker.stop(soon()) ? 0 : 1);
  }
  REQUIRE(child > 0);
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("a forked child forgets the thread that waits and starts its own") {
  Signal ran{0};
  Worker worker;
  REQUIRE(worker.start([&ran] {
    ran.release();
    return Worker::Time::max();
  }));
  ran.acquire();
  CHECK(works_in_child(worker));
  worker.wake();
  ran.acquire();  // the parent's goes on
  CHECK(worker.stop(soon()));
}

TEST_CASE("a forked child forgets the thread that is in its step") {
  Signal entered{0};
  Signal go{0};
  Worker worker;
  REQUIRE(worker.start([&] {
    entered.release();
    go.acquire();
    return Worker::Time::max();
  }));
  entered.acquire();
  CHECK(works_in_child(worker));
  go.release();
  CHECK(worker.stop(soon()));
}

}  // namespace
