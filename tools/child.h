#pragma once
// A command that is run and waited for, as a wrapper does it: signals are handed on, and how it
// ended is said as shells say it.
//
// Threads: one at a time, in a process that has no other thread which takes signals.
// Errors: by the exit code, and a complaint where the command could not be run.

#include <string>
#include <vector>

namespace pawl::tools {

// How a command ended.
struct Ending {
  int exit_code = 0;   // its own; 128 + signal; 127 when there is no such command, 126 when it
                       // cannot be run
  int signal = 0;      // that ended it
  std::string reason;  // why it could not be run
};

// Runs argv[0], looked up in PATH, with `environment` ("NAME=value") and the standard streams of
// this process, and waits for its end. SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 are
// handed on to it meanwhile, but for those that the terminal sends to both.
Ending run_child(const std::vector<std::string>& argv, const std::vector<std::string>& environment);

}  // namespace pawl::tools
