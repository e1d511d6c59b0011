#pragma once
// Standard input as lines, read as they come, each bounded: a script can pipe values without end,
// and a file that is none costs no memory.
//
// Threads: one at a time.
// Errors: next() gives the end and errors alike as nullopt; error() tells them apart and names the
// line.

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

  explicit ValueLines(int descriptor = 0) noexcept : descriptor_(descriptor) {}

  // Gives the next line that is not blank, without the blanks around it; valid until the next call.
  std::optional<std::string_view> next();

  // Gives the number of the line that next() gave, counted from 1.
  std::uint64_t number() const noexcept { return number_; }

  // Gives why next() gave nothing, nullopt at the end.
  const std::optional<Error>& error() const noexcept { return error_; }

 private:
  bool read_more();
  std::optional<std::string_view> next_raw();

  const int descriptor_;
  std::string buffer_;
  std::size_t at_ = 0;  // of the next line in the buffer
  std::uint64_t number_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace pawl::tools
