#include "tools/value_lines.h"

#include <cerrno>
#include <system_error>

#include <unistd.h>

namespace pawl::tools {
namespace {

using std::string_view;

string_view trimmed(string_view text) {
  constexpr string_view kBlanks = " \t\r";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

// Tells whether there was more.
bool ValueLines::read_more() {
  buffer_.erase(0, at_);
  at_ = 0;
  char bytes[std::size_t{16} << 10];
  ssize_t got = 0;
  do got = read(descriptor_, bytes, sizeof bytes);
  while (got < 0 && errno == EINTR);
  if (got < 0) error_ = Error{"standard input: " + std::generic_category().message(errno)};
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  ended_ = got <= 0;
  return !ended_;
}

std::optional<string_view> ValueLines::next_raw() {
  auto end = buffer_.find('\n', at_);
  while (end == std::string::npos && !ended_ && buffer_.size() - at_ <= kMaxLineBytes) {
    read_more();
    end = buffer_.find('\n', at_);
  }
  if (error_ || (ended_ && at_ == buffer_.size())) return std::nullopt;
  ++number_;
  if (end == std::string::npos) end = buffer_.size();
  const string_view line = string_view{buffer_}.substr(at_, end - at_);
  at_ = end == buffer_.size() ? end : end + 1;
  if (line.size() <= kMaxLineBytes) return line;
  error_ = Error{"standard input, line " + std::to_string(number_) + ": is longer than " +
                 std::to_string(kMaxLineBytes) + " bytes"};
  return std::nullopt;
}

std::optional<string_view> ValueLines::next() {
  if (error_) return std::nullopt;
  for (;;) {
    const auto line = next_raw();
    if (!line) return std::nullopt;
    if (const string_view text = trimmed(*line); !text.empty()) return text;
  }
}

}  // namespace pawl::tools
