#include "tools/value_lines.h"

#include <cerrno>
#include <system_error>

#include <poll.h>
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

// A read that a signal interrupts is tried again by the next call.
void ValueLines::read_more() {
  buffer_.erase(0, at_);
  at_ = 0;
  char bytes[std::size_t{16} << 10];
  const ssize_t got = read(descriptor_, bytes, sizeof bytes);
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got < 0) error_ = Error{"standard input: " + std::generic_category().message(errno)};
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  ended_ = got <= 0;
}

// Half a line is not a value.
void ValueLines::end_at_last_line() {
  const auto last = buffer_.rfind('\n');
  buffer_.resize(last == std::string::npos || last < at_ ? at_ : last + 1);
  ended_ = true;
}

void ValueLines::wait_and_read() {
  pollfd waiting[] = {{descriptor_, POLLIN, 0}, {stop_, POLLIN, 0}};
  if (poll(waiting, 2, static_cast<int>(kWait.count())) <= 0) return;
  if (waiting[0].revents != 0) read_more();
  if (waiting[1].revents != 0 && !ended_) end_at_last_line();
}

std::optional<string_view> ValueLines::next_raw() {
  auto end = buffer_.find('\n', at_);
  if (end == std::string::npos && !ended_ && buffer_.size() - at_ <= kMaxLineBytes) {
    wait_and_read();
    end = buffer_.find('\n', at_);
  }
  const bool whole = end != std::string::npos || ended_ || buffer_.size() - at_ > kMaxLineBytes;
  if (ended() || !whole) return std::nullopt;
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
  const auto line = next_raw();
  if (!line) return std::nullopt;
  const string_view text = trimmed(*line);
  return text.empty() ? std::nullopt : std::optional{text};
}

}  // namespace pawl::tools
