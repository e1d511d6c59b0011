#include "tools/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <spawn.h>
#include <sys/wait.h>

namespace pawl::tools {
namespace {

constexpr std::array<int, 6> kHandedOn{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
constexpr int kNotFound = 127;
constexpr int kNotRun = 126;
constexpr int kBySignal = 128;

// Takes signals one by one, instead of what they would do, from before the child is there: none is
// lost between.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : kHandedOn) sigaddset(&set_, signal);
    sigaddset(&set_, SIGCHLD);
    // A parent that ignores it would leave no ending to wait for.
    std::signal(SIGCHLD, SIG_DFL);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  ~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  const sigset_t& before() const noexcept { return before_; }

  siginfo_t next() const {
    siginfo_t come{};
    while (sigwaitinfo(&set_, &come) < 0 && errno == EINTR) {
    }
    return come;
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Gives 0, or why not. The child has the signals as they were; SIGPIPE is ignored by this program
// only.
int spawn(pid_t& child,
          std::vector<std::string> argv,
          std::vector<std::string> environment,
          const sigset_t& mask) {
  sigset_t usual;
  sigemptyset(&usual);
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  const int error = posix_spawnp(&child,
                                 argv[0].c_str(),
                                 nullptr,
                                 &attributes,
                                 pointers_to(argv).data(),
                                 pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  return error;
}

Ending ending_of(int status) {
  if (WIFSIGNALED(status)) return {kBySignal + WTERMSIG(status), WTERMSIG(status), {}};
  return {WEXITSTATUS(status), 0, {}};
}

// What the terminal sends (Ctrl-C) reaches the whole group in the foreground, the child too.
bool comes_from_terminal(const siginfo_t& signal) { return signal.si_code == SI_KERNEL; }

int wait_for(pid_t child, const Signals& signals) {
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    const siginfo_t come = signals.next();
    const bool theirs = come.si_signo == SIGCHLD || comes_from_terminal(come);
    if (!theirs && come.si_pid != child) kill(child, come.si_signo);
  }
  return status;
}

}  // namespace

Ending run_child(const std::vector<std::string>& argv,
                 const std::vector<std::string>& environment) {
  const Signals signals;
  pid_t child = -1;
  const int error = spawn(child, argv, environment, signals.before());
  if (error == 0) return ending_of(wait_for(child, signals));
  const int code = error == ENOENT || error == ENOTDIR ? kNotFound : kNotRun;
  return {code, 0, std::generic_category().message(error)};
}

}  // namespace pawl::tools
