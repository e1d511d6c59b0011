#pragma once
// A file of lines, read piece by piece, whatever is in it: a line that is too long is given cut,
// and says so, and the next one is found.
//
// Threads: one at a time.
// Errors: an error is an end; error() tells them apart.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/result.h>

namespace pawl::tools {

class LintLines {
 public:
  // An Agent reads no more at once.
  static constexpr std::size_t kMaxLineBytes = 8192;

  explicit LintLines(int descriptor) noexcept : descriptor_(descriptor) {}

  struct Line {
    std::string_view text;  // valid until the next call
    std::uint64_t number = 0;
    bool too_long = false;
  };
  // Gives the next line, nullopt at the end.
  std::optional<Line> next();
  const std::optional<Error>& error() const noexcept { return error_; }

 private:
  void read_more();
  void await_more();
  void skip_rest_of_line();

  // What is shown of a line that is too long.
  static constexpr std::size_t kShownBytes = 200;

  const int descriptor_;
  std::string buffer_;
  std::string cut_;
  std::size_t at_ = 0;  // of the next line in the buffer
  std::uint64_t number_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace pawl::tools
