#pragma once

// Memory is measured in a process of its own, forked before anything was recorded, so that what
// another measurement left over hides nothing.
//
// Threads: none yet in the process that forks.

#include <array>
#include <type_traits>

#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

namespace bench {

// Gives what `measured` returns in a child.
template <class Measured>
auto in_own_process(const Measured& measured) {
  using Result = std::invoke_result_t<Measured>;
  static_assert(std::is_trivially_copyable_v<Result>);
  std::array<int, 2> pipe_ends{};
  expect(pipe(pipe_ends.data()) == 0, "pipe");
  const pid_t child = fork();
  expect(child >= 0, "fork");
  if (child == 0) {
    const Result result = measured();
    _exit(write(pipe_ends[1], &result, sizeof(result)) == sizeof(result) ? 0 : 1);
  }
  close(pipe_ends[1]);
  Result result{};
  const bool told = read(pipe_ends[0], &result, sizeof(result)) == sizeof(result);
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  expect(told && status == 0, "a measurement in its own process failed");
  return result;
}

}  // namespace bench
