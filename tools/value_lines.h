#pragma once
// Standard input as lines, read as they come, each bounded: a script can pipe values without end,
// and a file that is none costs no memory. Nobody who waits for a line is kept for long.
//
// Threads: one at a time.
// Errors: an error is an end; error() tells them apart and names the line.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.h>

namespace pawl::tools {

class ValueLines {
 public:
  static constexpr std::size_t kMaxLineBytes = 4096;

  static constexpr std::chrono::milliseconds kWait{500};

  // Lines end early when `stop` (a descriptor, or -1) can be read: after those that were written
  // before.
  explicit ValueLines(int stop = -1, int descriptor = 0) noexcept
      : stop_(stop), descriptor_(descriptor) {}

  // Gives the next line without the blanks around it; valid until the next call. nullopt when it is
  // blank, when there was none in kWait, and at the end.
  std::optional<std::string_view> next();

  // Tells whether there will be no more lines.
  bool ended() const noexcept { return error_ || (ended_ && at_ == buffer_.size()); }

  // Gives the number of the line that next() gave, counted from 1.
  std::uint64_t number() const noexcept { return number_; }

  // Gives why the lines ended, nullopt at the end of the input.
  const std::optional<Error>& error() const noexcept { return error_; }

 private:
  void wait_and_read();
  void read_more();
  void end_at_last_line();
  std::optional<std::string_view> next_raw();

  const int stop_;
  const int descriptor_;
  std::string buffer_;
  std::size_t at_ = 0;  // of the next line in the buffer
  std::uint64_t number_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace pawl::tools
