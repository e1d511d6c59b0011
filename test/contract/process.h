#pragma once
// Code of a test in a process of its own: forked from this one, or this program started anew.
//
// Threads: in_child() forks, so a body that starts threads is not for TSan when others run.
// Errors: system calls that fail end the test.

#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pawl::test {

// Whatever else, a child that hangs must not hang the test.
inline constexpr unsigned kChildSeconds = 60;

// Says how a process ended: its exit code, or 1,000 and the signal.
inline int wait_for_exit(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1'000 + WTERMSIG(status);
}

// The test framework's handlers would report the child's end as the end of the test.
inline void begin_child() {
  for (const int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTERM, SIGINT})
    std::signal(number, SIG_DFL);
  ::alarm(kChildSeconds);
}

// Starts a child that runs `body` and ends with what it gives, without destructors.
inline pid_t start_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  begin_child();
  ::_exit(body());
}
inline int in_child(const std::function<int()>& body) { return wait_for_exit(start_child(body)); }

// Runs one test case of this program, one that is skipped otherwise, in a new process; PAWL_ROLE is
// `role` there. Gives how it ended.
inline int run_case(const std::string& name, const std::string& role) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    begin_child();
    ::setenv("PAWL_ROLE", role.c_str(), 1);
    const std::string filter = "--test-case=" + name;
    const char* const arguments[] = {"unit", filter.c_str(), "--no-skip", nullptr};
    ::execv("/proc/self/exe", const_cast<char* const*>(arguments));
    ::_exit(127);
  }
  return wait_for_exit(child);
}

// Gives the role that run_case() asked for; "" in a run by hand.
inline std::string role() {
  const char* set = std::getenv("PAWL_ROLE");
  return set == nullptr ? "" : set;
}

}  // namespace pawl::test
