#pragma once
// Standard output, written in whole lines, whose failure is seen (a closed pipe, a full disk).
//
// Threads: one at a time.

#include <string>
#include <string_view>

namespace pawl::tools {

class Output {
 public:
  explicit Output(int descriptor = 1) noexcept : descriptor_(descriptor) {}

  // Adds a line, without its line end, to what flush() will write.
  void line(std::string_view text);

  // Writes what was added. Tells whether all of it, this time and before, could be written.
  bool flush() noexcept;

 private:
  const int descriptor_;
  std::string pending_;
  bool failed_ = false;
};

}  // namespace pawl::tools
