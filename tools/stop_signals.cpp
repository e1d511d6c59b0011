#include "tools/stop_signals.h"

#include <initializer_list>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace pawl::tools {
namespace {

bool is_ignored(int signal) noexcept {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Where standard input is closed, its number must not become that of the signals.
int beyond_standard_streams(int descriptor) noexcept {
  if (descriptor < 0 || descriptor > 2) return descriptor;
  const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  close(descriptor);
  return moved;
}

}  // namespace

StopSignals::StopSignals() noexcept {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    if (!is_ignored(signal)) sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, nullptr, &before_);
  descriptor_ = beyond_standard_streams(signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (descriptor_ >= 0) pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

StopSignals::~StopSignals() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  if (descriptor_ >= 0) close(descriptor_);
}

int StopSignals::take() noexcept {
  signalfd_siginfo come{};
  const bool any = descriptor_ >= 0 && read(descriptor_, &come, sizeof come) == sizeof come;
  return any ? static_cast<int>(come.ssi_signo) : 0;
}

}  // namespace pawl::tools
