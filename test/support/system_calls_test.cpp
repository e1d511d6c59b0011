#include "support/system_calls.h"

#include <atomic>
#include <mutex>
#include <new>

#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using pawl::test::makes_no_system_call;
using pawl::test::system_calls_of;
using pawl::test::SystemCalls;
using Verdict = pawl::test::SystemCalls::Verdict;

bool can_prove() {
  if (system_calls_of([] {}).verdict != Verdict::unsupported) return true;
  MESSAGE("skipped: no proof without seccomp or under a sanitizer");
  return false;
}

TEST_CASE("code that only computes makes no system call") {
  std::atomic<int> number = 0;
  std::mutex mutex;
  CHECK(makes_no_system_call([&] {
    const std::lock_guard lock(mutex);
    number.fetch_add(1);
  }));
}

TEST_CASE("a system call is found and named") {
  if (!can_prove()) return;
  const SystemCalls found = system_calls_of([] { ::syscall(SYS_getppid); });
  CHECK(found.verdict == Verdict::some);
  CHECK(found.number == SYS_getppid);
}

TEST_CASE("writing to somebody else's descriptor is found") {
  if (!can_prove()) return;
  CHECK(system_calls_of([] { [[maybe_unused]] auto sent = ::write(2, "", 0); }).number ==
        SYS_write);
}

TEST_CASE("a large allocation is found") {
  if (!can_prove()) return;
  // More than earlier cases can have left in the heap to be given again.
  const auto body = [] { ::operator delete(::operator new(1U << 30U)); };
  CHECK(system_calls_of(body).verdict == Verdict::some);
}

TEST_CASE("calls of the first runs are warming up") {
  bool first = true;
  CHECK(makes_no_system_call([&] {
    if (first) ::syscall(SYS_getppid);
    first = false;
  }));
}

TEST_CASE("a body that throws or ends its process proves nothing") {
  if (!can_prove()) return;
  CHECK(system_calls_of([] { ::_exit(3); }).verdict == Verdict::crashed);
  CHECK(system_calls_of([] { __builtin_trap(); }).verdict == Verdict::crashed);
  CHECK(system_calls_of([] { throw 1; }).verdict == Verdict::crashed);
}

TEST_CASE("the caller's process is not filtered") {
  CHECK(makes_no_system_call([] {}));
  CHECK(::syscall(SYS_getppid) == ::getppid());
}

}  // namespace
