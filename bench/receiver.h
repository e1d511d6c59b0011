#pragma once

// Both ends of a real socket with default buffers: a receiver with a thread of its own, which reads
// as an Agent does, one datagram at a time, and adds up what the lines say; and a plain sender,
// with a format-and-sendto client on top of it as a baseline.
//
// Threads: each object has one user, beside the receiver's own thread.
// Errors: a socket that cannot be had ends the program.

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <pawl/tags.h>

namespace bench {

enum class Via : std::uint8_t { udp, uds };

struct Arrived {
  std::uint64_t datagrams = 0;
  std::uint64_t values = 0;  // of all lines
  std::int64_t counted = 0;  // the sum of those of counters
  std::uint64_t unread = 0;  // lines that are none
};

class Receiver {
 public:
  explicit Receiver(Via via);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  // For Options::address.
  const std::string& address() const noexcept { return address_; }
  // Reads what has been sent until now, and ends.
  Arrived finish();

 private:
  friend class Socket;

  void bind_udp();
  void bind_uds();
  void read();

  int descriptor_ = -1;
  sockaddr_storage bound_{};
  socklen_t bound_size_ = 0;
  std::string address_;
  std::string directory_;  // of the Unix socket
  std::atomic<bool> finishing_{false};
  Arrived arrived_;
  std::thread thread_;
};

// Sends to a receiver, and waits while a Unix socket is full.
class Socket {
 public:
  explicit Socket(const Receiver& receiver);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void send(std::string_view datagram) const;

 private:
  int descriptor_;
  sockaddr_storage to_;
  socklen_t to_size_;
};

// The baseline that does not aggregate: a line is formatted and sent for each call.
class FormatSend {
 public:
  explicit FormatSend(const Receiver& receiver) : socket_(receiver) {}
  void count(std::string_view name, std::int64_t value, pawl::Tags tags);
  void distribution(std::string_view name, double value, pawl::Tags tags);

 private:
  void finish_line(std::string_view type, pawl::Tags tags);

  Socket socket_;
  std::string line_;
};

}  // namespace bench
