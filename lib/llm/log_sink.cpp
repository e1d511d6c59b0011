#include "llm/log_sink.h"

#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pawl::llm {

namespace {

// Writing to a pipe or a socket that nobody reads raises SIGPIPE in the writing thread, and writing
// beyond the limit of a file's size SIGXFSZ; only a socket has a flag against it. So they are
// blocked meanwhile, and taken back when they came.
class SignalsKept {
 public:
  SignalsKept() noexcept {
    sigemptyset(&raised_);
    sigset_t pending;
    sigpending(&pending);
    for (const int number : {SIGPIPE, SIGXFSZ})
      if (sigismember(&pending, number) == 0) sigaddset(&raised_, number);
    pthread_sigmask(SIG_BLOCK, &raised_, &before_);
  }
  ~SignalsKept() {
    const int kept = errno;
    const timespec at_once{};
    while (sigtimedwait(&raised_, nullptr, &at_once) > 0 || errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = kept;
  }
  SignalsKept(const SignalsKept&) = delete;
  SignalsKept& operator=(const SignalsKept&) = delete;

 private:
  sigset_t raised_{};  // those that were not pending before
  sigset_t before_{};
};

// An error counts as ready: write() then says which.
bool writable(int descriptor) noexcept {
  pollfd asked{.fd = descriptor, .events = POLLOUT, .revents = 0};
  int found = 0;
  do {
    found = ::poll(&asked, 1, 0);
  } while (found < 0 && errno == EINTR);
  return found != 0;
}

// As many lines as a pipe takes whole; a line that is longer than that has to be cut.
std::string_view first_lines(std::string_view lines) noexcept {
  if (lines.size() <= LogSink::kMostBytes) return lines;
  lines = lines.substr(0, LogSink::kMostBytes);
  return lines.substr(0, lines.rfind('\n') == lines.npos ? lines.npos : lines.rfind('\n') + 1);
}

LogSink::Written write_some(int descriptor, std::string_view bytes) noexcept {
  if (!writable(descriptor)) return {LogSink::State::wait, 0};
  const SignalsKept kept;
  ssize_t written = 0;
  do {
    written = ::write(descriptor, bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written >= 0) return {LogSink::State::took, static_cast<std::size_t>(written)};
  const bool full = errno == EAGAIN || errno == EWOULDBLOCK;
  if (full) return {LogSink::State::wait, 0};
  return {LogSink::State::failed, bytes.size()};
}

}  // namespace

LogSink::LogSink(const LogOptions& options)
    : callback_(options.callback), file_(callback_ ? std::string{} : options.file) {
  if (!callback_ && file_.empty()) descriptor_ = ::fcntl(options.descriptor, F_DUPFD_CLOEXEC, 3);
}

LogSink::~LogSink() { close_descriptor(); }

LogSink::Written LogSink::write(std::string_view lines) noexcept {
  if (callback_) return call(lines);
  if (!file_.empty() && !ready_file()) return {State::failed, lines.size()};
  if (descriptor_ < 0) return {State::failed, lines.size()};
  return write_some(descriptor_, first_lines(lines));
}

LogSink::Written LogSink::call(std::string_view lines) noexcept {
  const std::size_t size = lines.find('\n');
  try {
    callback_(lines.substr(0, size));
    return {State::took, size + 1};
  } catch (...) {
    return {State::failed, size + 1};
  }
}

// A log that was rotated away is somebody else's now.
bool LogSink::ready_file() noexcept {
  struct stat open {};
  struct stat named {};
  if (descriptor_ < 0) return open_file();
  const bool same = ::fstat(descriptor_, &open) == 0 && ::stat(file_.c_str(), &named) == 0 &&
                    open.st_dev == named.st_dev && open.st_ino == named.st_ino;
  return same || open_file();
}

// Non-blocking for the sake of a FIFO without a reader, which would hold open() up.
bool LogSink::open_file() noexcept {
  close_descriptor();
  do {
    descriptor_ =
        ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640);
  } while (descriptor_ < 0 && errno == EINTR);
  return descriptor_ >= 0;
}

void LogSink::close_descriptor() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace pawl::llm
