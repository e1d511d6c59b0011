#include "receiver.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <sys/time.h>
#include <unistd.h>

namespace bench {
namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::perror(what);
  std::abort();
}

const sockaddr* plain(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// name:value[:value]*|type...
void add_line(Arrived& arrived, std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::size_t bar = line.find('|');
  if (colon >= bar || bar + 1 >= line.size()) {
    ++arrived.unread;
    return;
  }
  const bool counter = line[bar + 1] == 'c';
  const char* at = line.data() + colon;
  const char* const end = line.data() + bar;
  while (at < end) {
    ++arrived.values;
    std::int64_t value = 0;
    if (counter) std::from_chars(at + 1, end, value);
    arrived.counted += value;
    at = static_cast<const char*>(std::memchr(at + 1, ':', static_cast<std::size_t>(end - at - 1)));
    if (at == nullptr) break;
  }
}

void add_datagram(Arrived& arrived, std::string_view datagram) {
  ++arrived.datagrams;
  while (!datagram.empty()) {
    const std::size_t end = std::min(datagram.find('\n'), datagram.size());
    if (end > 0) add_line(arrived, datagram.substr(0, end));
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
  }
}

}  // namespace

Receiver::Receiver(Via via) {
  via == Via::udp ? bind_udp() : bind_uds();
  // So that the thread sees in time that it shall end.
  const timeval patience{.tv_sec = 0, .tv_usec = 20'000};
  require(setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0,
          "SO_RCVTIMEO");
  thread_ = std::thread{[this] { read(); }};
}

Receiver::~Receiver() {
  finish();
  close(descriptor_);
  if (directory_.empty()) return;
  unlink((directory_ + "/socket").c_str());
  rmdir(directory_.c_str());
}

void Receiver::bind_udp() {
  descriptor_ = socket(AF_INET, SOCK_DGRAM, 0);
  require(descriptor_ >= 0, "socket");
  auto& address = reinterpret_cast<sockaddr_in&>(bound_);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bound_size_ = sizeof(address);
  require(bind(descriptor_, plain(bound_), bound_size_) == 0, "bind");
  require(getsockname(descriptor_, reinterpret_cast<sockaddr*>(&bound_), &bound_size_) == 0,
          "getsockname");
  address_ = "udp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

void Receiver::bind_uds() {
  descriptor_ = socket(AF_UNIX, SOCK_DGRAM, 0);
  require(descriptor_ >= 0, "socket");
  std::array<char, 32> name{"/tmp/pawl-bench-XXXXXX"};
  require(mkdtemp(name.data()) != nullptr, "mkdtemp");
  directory_ = name.data();
  const std::string path = directory_ + "/socket";
  auto& address = reinterpret_cast<sockaddr_un&>(bound_);
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  bound_size_ = sizeof(address);
  require(bind(descriptor_, plain(bound_), bound_size_) == 0, "bind");
  address_ = "unixgram://" + path;
}

void Receiver::read() {
  std::array<char, 65'536> buffer;
  while (true) {
    const ssize_t got = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got >= 0)
      add_datagram(arrived_, {buffer.data(), static_cast<std::size_t>(got)});
    else if (finishing_.load())
      return;
  }
}

Arrived Receiver::finish() {
  finishing_.store(true);
  if (thread_.joinable()) thread_.join();
  return arrived_;
}

Socket::Socket(const Receiver& receiver)
    : descriptor_(socket(receiver.bound_.ss_family, SOCK_DGRAM, 0)),
      to_(receiver.bound_),
      to_size_(receiver.bound_size_) {
  require(descriptor_ >= 0, "socket");
}

Socket::~Socket() { close(descriptor_); }

void Socket::send(std::string_view datagram) const {
  const ssize_t sent =
      sendto(descriptor_, datagram.data(), datagram.size(), 0, plain(to_), to_size_);
  require(sent == static_cast<ssize_t>(datagram.size()), "sendto");
}

void FormatSend::count(std::string_view name, std::int64_t value, pawl::Tags tags) {
  line_ = name;
  line_ += ':';
  line_ += std::to_string(value);
  finish_line("c", tags);
}

void FormatSend::distribution(std::string_view name, double value, pawl::Tags tags) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  line_ = name;
  line_ += ':';
  line_.append(digits.data(), end);
  finish_line("d", tags);
}

void FormatSend::finish_line(std::string_view type, pawl::Tags tags) {
  line_ += '|';
  line_ += type;
  std::string_view mark = "|#";
  for (const pawl::Tag& tag : tags) {
    line_ += mark;
    line_ += tag.key;
    line_ += ':';
    line_ += tag.value;
    mark = ",";
  }
  line_ += '\n';
  socket_.send(line_);
}

}  // namespace bench
