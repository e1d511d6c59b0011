#include "trace_receiver.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "work.h"

namespace bench {

namespace {

std::size_t length_of(std::string_view head) {
  constexpr std::string_view kField = "Content-Length: ";
  const auto at = head.find(kField);
  return at == std::string_view::npos
             ? 0
             : std::strtoull(head.data() + at + kField.size(), nullptr, 10);
}

}  // namespace

TraceReceiver::TraceReceiver(std::chrono::milliseconds answers_after)
    : answers_after_(answers_after) {
  std::array<char, 32> name{"/tmp/pawl-bench-XXXXXX"};
  expect(::mkdtemp(name.data()) != nullptr, "a directory");
  directory_ = name.data();
  path_ = directory_ + "/apm.socket";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  expect(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
             ::listen(listener_, 4) == 0,
         "a listening socket");
  thread_ = std::thread{[this] { serve(); }};
}

TraceReceiver::~TraceReceiver() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
  ::unlink(path_.c_str());
  ::rmdir(directory_.c_str());
}

void TraceReceiver::serve() {
  for (;;) {
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    answer_all(connection);
    ::close(connection);
  }
}

void TraceReceiver::answer_all(int connection) {
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  std::string head;
  std::size_t body = 0;
  std::array<char, 1 << 16> part;
  for (;;) {
    const ssize_t size = ::read(connection, part.data(), part.size());
    if (size <= 0) return;
    std::string_view read{part.data(), static_cast<std::size_t>(size)};
    if (body == 0) {
      head += read;
      const auto end = head.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      body = length_of(head);
      if (head.find("100-continue") != std::string::npos)
        expect(::send(connection, kContinue.data(), kContinue.size(), MSG_NOSIGNAL) > 0, "a word");
      const std::size_t more = head.size() - end - 4;
      head.clear();
      read = read.substr(read.size() - more);
    }
    body -= read.size();
    if (body == 0 && !answer(connection)) return;
  }
}

// Tells whether the tracer waited for it.
bool TraceReceiver::answer(int connection) const {
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
  pollfd hung_up{connection, POLLRDHUP, 0};
  if (::poll(&hung_up, 1, static_cast<int>(answers_after_.count())) != 0) return false;
  return ::send(connection, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) > 0;
}

}  // namespace bench
