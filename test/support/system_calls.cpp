#include "support/system_calls.h"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <system_error>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/agent_socket.h"
#include "support/sanitizers.h"

namespace pawl::test {
namespace {

using Verdict = SystemCalls::Verdict;

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr unsigned kArchitecture = 0;
#endif

int report_to = -1;

[[noreturn]] void report(SystemCalls found) {
  const ssize_t wrote = ::write(report_to, &found, sizeof found);
  ::_exit(wrote == sizeof found ? 0 : 1);
}

void on_trap(int, siginfo_t* info, void*) { report({Verdict::some, info->si_syscall}); }

bool catch_traps() {
  struct sigaction action {};
  action.sa_sigaction = on_trap;
  action.sa_flags = SA_SIGINFO;
  sigset_t trap;
  sigemptyset(&trap);
  sigaddset(&trap, SIGSYS);
  return ::sigaction(SIGSYS, &action, nullptr) == 0 &&
         ::pthread_sigmask(SIG_UNBLOCK, &trap, nullptr) == 0;
}

// Lets through a write to the report's pipe and the exit. Offsets are those of a little-endian
// seccomp_data.
bool trap_everything() {
  const auto pipe_end = static_cast<unsigned>(report_to);
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 0, 6),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, pipe_end, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
  };
  const sock_fprog filter{sizeof program / sizeof program[0], program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// The test framework's handlers would report the child's end as the end of the test.
void forget_handlers() {
  for (const int number : {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTERM}) {
    std::signal(number, SIG_DFL);
  }
}

[[noreturn]] void run_child(const std::function<void()>& body) {
  forget_handlers();
  try {
    body();
    body();
    if (!catch_traps() || !trap_everything()) report({Verdict::unsupported, -1});
    body();
  } catch (...) {
    // Beyond this frame it would unwind the child's copy of the test program.
    ::_exit(2);
  }
  report({Verdict::none, -1});
}

SystemCalls wait_for(pid_t child, const Descriptor& from) {
  SystemCalls found{Verdict::crashed, -1};
  const ssize_t got = ::read(from.get(), &found, sizeof found);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return got == sizeof found ? found : SystemCalls{Verdict::crashed, -1};
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

SystemCalls system_calls_of(const std::function<void()>& body) {
  if (kUnderSanitizer || kArchitecture == 0) return {};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) fail("pipe");
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    report_to = to.get();
    run_child(body);
  }
  to.close();
  return wait_for(child, from);
}

bool makes_no_system_call(const std::function<void()>& body) {
  const SystemCalls found = system_calls_of(body);
  if (found.verdict == Verdict::some) MESSAGE("system call number ", found.number);
  if (found.verdict == Verdict::crashed) MESSAGE("the body ended its process");
  if (found.verdict == Verdict::unsupported) {
    MESSAGE("skipped: no proof without seccomp or under a sanitizer");
    return true;
  }
  return found.verdict == Verdict::none;
}

}  // namespace pawl::test
