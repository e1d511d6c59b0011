#pragma once

// Numbers to text: the shortest that reads back as the same number, whatever the host's locale.
//
// Threads: values and functions without state.

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::base {

template <class Number>
concept Printable = std::integral<Number> || std::floating_point<Number>;

class NumberText {
 public:
  template <Printable Number>
  explicit NumberText(Number number) noexcept
      : end_(std::to_chars(text_, text_ + sizeof text_, number).ptr) {}
  NumberText(const NumberText&) = delete;
  NumberText& operator=(const NumberText&) = delete;

  std::string_view view() const noexcept { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  char text_[32];  // the longest double takes 24
  const char* end_;
};

template <Printable Number>
void append_number(std::string& out, Number number) {
  out += NumberText{number}.view();
}

}  // namespace pawl::base
