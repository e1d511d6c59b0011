#pragma once

// Where log lines go: a descriptor, a file or the program's callback. Does not wait for room, and
// no signal comes of it. But the callback takes its time, a file its disk's, and so may a pipe that
// somebody else fills between the look at it and the write: a flag against that is the open file's,
// which is the program's.
//
// Threads: one at a time.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <pawl/llm_log.h>

namespace pawl::llm {

class LogSink {
 public:
  // What a pipe takes at once and beside other writers whole, when poll() says that it is writable
  // (PIPE_BUF).
  static constexpr std::size_t kMostBytes = 4096;

  explicit LogSink(const LogOptions& options);
  ~LogSink();
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  enum class State { took, wait, failed };
  struct Written {
    State state = State::took;
    std::size_t bytes = 0;  // how many of the bytes were taken, or lost when it failed
  };
  // Writes the beginning of lines, each with its line end, of which the first may be the rest of
  // one. A callback is given the first line, and no rest.
  Written write(std::string_view lines) noexcept;

 private:
  Written call(std::string_view lines) noexcept;
  bool ready_file() noexcept;
  bool open_file() noexcept;
  void close_descriptor() noexcept;

  const std::function<void(std::string_view)> callback_;
  const std::string file_;
  int descriptor_ = -1;
};

}  // namespace pawl::llm
