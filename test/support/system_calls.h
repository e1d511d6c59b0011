#pragma once
// Proves that a piece of code makes no system call on its thread. The code runs in a forked child,
// twice to warm what a new process has cold, and then once under a seccomp filter that traps every
// call but the child's own report. Other threads of the child, which it may have started while
// warming up, are not filtered.
//
// Threads: any; the child has only a copy of the calling one.
// Errors: fork and pipe throw std::system_error. Checks that fail inside the body go unseen.

#include <functional>

namespace pawl::test {

struct SystemCalls {
  enum class Verdict {
    none,
    some,
    crashed,     // the body threw, or ended the child
    unsupported  // no seccomp here, or a sanitizer, whose own calls would be trapped
  };
  Verdict verdict = Verdict::unsupported;
  int number = -1;  // of the first call, as in <sys/syscall.h>
};

SystemCalls system_calls_of(const std::function<void()>& body);

// Says in the test's output which call there was, or why nothing could be proved, which passes.
bool makes_no_system_call(const std::function<void()>& body);

}  // namespace pawl::test
