#include "tools/lint_lines.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <unistd.h>

namespace pawl::tools {

void LintLines::read_more() {
  buffer_.erase(0, at_);
  at_ = 0;
  char bytes[std::size_t{64} << 10];
  const ssize_t got = read(descriptor_, bytes, sizeof bytes);
  if (got < 0 && errno == EINTR) return;
  if (got < 0 && errno == EAGAIN) return await_more();
  if (got < 0) error_ = Error{std::generic_category().message(errno)};
  if (got > 0) buffer_.append(bytes, static_cast<std::size_t>(got));
  ended_ = got <= 0;
}

// Somebody made the descriptor non-blocking, and it may be shared: it stays as it is.
void LintLines::await_more() {
  pollfd waiting{descriptor_, POLLIN, 0};
  if (poll(&waiting, 1, -1) < 0 && errno != EINTR) {
    error_ = Error{std::generic_category().message(errno)};
    ended_ = true;
  }
}

void LintLines::skip_rest_of_line() {
  for (;;) {
    const auto end = buffer_.find('\n', at_);
    at_ = std::min(end, buffer_.size());
    if (end != std::string::npos || ended_) return;
    read_more();
  }
}

std::optional<LintLines::Line> LintLines::next() {
  auto end = buffer_.find('\n', at_);
  while (end == std::string::npos && !ended_ && buffer_.size() - at_ <= kMaxLineBytes) {
    read_more();
    end = buffer_.find('\n', at_);
  }
  if (ended_ && at_ == buffer_.size()) return std::nullopt;
  ++number_;
  if (end == std::string::npos) end = buffer_.size();
  const std::string_view text = std::string_view{buffer_}.substr(at_, end - at_);
  if (text.size() > kMaxLineBytes) {
    cut_.assign(text.substr(0, kShownBytes));
    at_ = end;
    skip_rest_of_line();
    at_ = std::min(at_ + 1, buffer_.size());
    return Line{cut_, number_, true};
  }
  at_ = std::min(end + 1, buffer_.size());
  return Line{text, number_, false};
}

}  // namespace pawl::tools
