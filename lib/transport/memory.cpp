#include <algorithm>
#include <exception>
#include <utility>

#include <pawl/transport.h>

namespace pawl {

SendResult InMemoryTransport::send(std::span<const std::string_view> datagrams) noexcept {
  const std::lock_guard lock{mutex_};
  SendResult result;
  if (status_ != SendStatus::sent) {
    result.status = status_;
    return result;
  }
  try {
    for (; result.sent < datagrams.size(); ++result.sent)
      payloads_.emplace_back(datagrams[result.sent]);
  } catch (const std::exception&) {
    result.status = SendStatus::would_block;  // no memory now; the datagram is not lost by that
  }
  return result;
}

void InMemoryTransport::behave(SendStatus status) noexcept {
  const std::lock_guard lock{mutex_};
  status_ = status;
}

std::vector<std::string> InMemoryTransport::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(payloads_, {});
}

std::vector<std::string> InMemoryTransport::take_lines() {
  std::vector<std::string> lines;
  for (const std::string& payload : take()) {
    std::string_view rest = payload;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      lines.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return lines;
}

}  // namespace pawl
