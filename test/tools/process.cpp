#include "tools/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace pawl::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void fail(int error, const char* what) {
  throw std::system_error(error, std::generic_category(), what);
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail(errno, "pipe2");
  return {ends[0], ends[1]};
}

void close_end(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

// The client in a child must not be steered by the machine that runs the tests.
std::vector<std::string> child_environment(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    if (variable.substr(0, 3) != "DD_") all.emplace_back(variable);
  }
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<char*> to_argv(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

int milliseconds_until(steady_clock::time_point deadline) {
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now()).count();
  return static_cast<int>(std::max<milliseconds::rep>(left, 0));
}

}  // namespace

Process::Process(const std::vector<std::string>& argv,
                 const std::vector<std::string>& environment) {
  // A child that ends early must not end the test by SIGPIPE.
  std::signal(SIGPIPE, SIG_IGN);
  const Pipe in = make_pipe();
  const Pipe out = make_pipe();
  const Pipe err = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.read_end, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write_end, 1);
  posix_spawn_file_actions_adddup2(&actions, err.write_end, 2);
  // Whoever runs the tests may ignore signals (nohup, a job in the background); the child must not.
  sigset_t stopping;
  sigemptyset(&stopping);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) sigaddset(&stopping, signal);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &stopping);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> texts = argv;
  std::vector<std::string> variables = child_environment(environment);
  const int error = posix_spawn(&pid_,
                                argv[0].c_str(),
                                &actions,
                                &attributes,
                                to_argv(texts).data(),
                                to_argv(variables).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  for (int end : {in.read_end, out.write_end, err.write_end}) close(end);
  in_ = in.write_end;
  out_ = out.read_end;
  err_ = err.read_end;
  if (error != 0) {
    for (int* end : {&in_, &out_, &err_}) close_end(*end);
    fail(error, argv[0].c_str());
  }
  pid_descriptor_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  fcntl(in_, F_SETFL, O_NONBLOCK);
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (int* end : {&in_, &out_, &err_, &pid_descriptor_}) close_end(*end);
}

bool Process::write(std::string_view text) {
  const auto deadline = steady_clock::now() + kPatience;
  while (!text.empty()) {
    const ssize_t written = ::write(in_, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd waiting{in_, POLLOUT, 0};
      if (poll(&waiting, 1, milliseconds_until(deadline)) == 0) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Process::close_stdin() { close_end(in_); }
void Process::close_stdout() { close_end(out_); }
void Process::kill(int signal) const { ::kill(pid_, signal); }

void Process::read_from(int& descriptor, std::string& to) const {
  char block[std::size_t{16} << 10];
  const ssize_t got = read(descriptor, block, sizeof block);
  if (got > 0) to.append(block, static_cast<std::size_t>(got));
  if (got == 0 || (got < 0 && errno != EINTR)) close_end(descriptor);
}

bool Process::read_some(Time deadline) {
  if (out_ < 0 && err_ < 0) return false;
  pollfd waiting[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};  // a negative descriptor is left out
  if (poll(waiting, 2, milliseconds_until(deadline)) <= 0) return steady_clock::now() < deadline;
  if (waiting[0].revents != 0) read_from(out_, out_text_);
  if (waiting[1].revents != 0) read_from(err_, err_text_);
  return true;
}

std::optional<std::string> Process::wait_for(std::string_view text, const std::string& in) {
  const auto deadline = steady_clock::now() + kPatience;
  while (in.find(text) == std::string::npos) {
    if (!read_some(deadline)) return std::nullopt;
  }
  return in;
}

std::optional<std::string> Process::wait_for_error(std::string_view text) {
  return wait_for(text, err_text_);
}

std::optional<std::string> Process::wait_for_output(std::string_view text) {
  return wait_for(text, out_text_);
}

std::optional<int> Process::wait_for_exit(Time deadline) {
  pollfd waiting{pid_descriptor_, POLLIN, 0};
  while (poll(&waiting, 1, milliseconds_until(deadline)) <= 0) {
    if (steady_clock::now() >= deadline) return std::nullopt;
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::optional<Finished> Process::finish() {
  const auto deadline = steady_clock::now() + kPatience;
  close_stdin();
  while (read_some(deadline)) {
  }
  const auto code = wait_for_exit(deadline);
  if (!code) return std::nullopt;
  return Finished{*code, out_text_, err_text_};
}

std::string pawl_command() {
  const char* path = std::getenv("PAWL_COMMAND");
  REQUIRE_MESSAGE(path != nullptr, "PAWL_COMMAND is not set: run through meson test");
  return path;
}

Finished run_pawl(const std::vector<std::string>& arguments, std::string_view input) {
  std::vector<std::string> argv{pawl_command()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  Process process{argv};
  process.write(input);
  const auto finished = process.finish();
  REQUIRE_MESSAGE(finished.has_value(), "the command did not end");
  return *finished;
}

bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

void check_misuse(const Finished& finished, std::string_view named) {
  INFO("expected: ", named);
  CHECK(finished.code == 2);
  CHECK(finished.out.empty());
  CHECK_MESSAGE(is_one_line(finished.err), finished.err);
  CHECK_MESSAGE(finished.err.find(named) != std::string::npos, finished.err);
}

}  // namespace pawl::test
