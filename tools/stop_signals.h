#pragma once
// SIGINT, SIGTERM and SIGHUP as a descriptor to poll, instead of the end of the process, so that
// what was read before them is still handed over. Those that the process was told to ignore (nohup)
// stay ignored.
//
// Threads: one at a time, and made on the thread that waits, while no other thread takes signals.
// Errors: without a descriptor the signals end the process as they always do.

#include <csignal>

namespace pawl::tools {

class StopSignals {
 public:
  StopSignals() noexcept;
  ~StopSignals();  // the next one ends the process again
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Gives what is readable when a signal has come, -1 when there is none.
  int descriptor() const noexcept { return descriptor_; }

  // Gives the number of the signal that has come, 0 for none.
  int take() noexcept;

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

}  // namespace pawl::tools
