#pragma once

// The way out: whoever takes finished datagrams. The client makes one from its address (UDP, UDS
// datagram, UDS stream); a program or a test can bring its own. InMemoryTransport keeps what was
// sent, for tests of programs that use the client.
//
// Threads: the client calls a transport from one thread at a time, its sender, except for
// before_fork/after_fork. InMemoryTransport may be read from any thread.
// Cost: the system calls of the sockets.
// Errors: by SendStatus, never by exceptions.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/detail/export.h"

namespace pawl {

enum class SendStatus : std::uint8_t {
  sent,         // all were taken
  would_block,  // the receiver's queue is full: ask wait_writable, then try again
  unreachable,  // nobody there now (no socket, refused, no route, name not resolved): try again
                // later
  too_large,    // the network takes only smaller datagrams; max_datagram_bytes() may be lower now
  failed,       // refused for another reason; trying the same datagram again is pointless
};

struct SendResult {
  std::size_t sent = 0;                  // how many, from the first, were handed to the kernel
  SendStatus status = SendStatus::sent;  // of the first that was not; `sent` when all were
  int error = 0;                         // its errno, 0 when there is none
};

class PAWL_API Transport {
 public:
  virtual ~Transport() = default;

  // Says what it is, for the telemetry tag client_transport: "udp", "uds", "uds-stream" or a word
  // of one's own.
  virtual std::string_view name() const noexcept = 0;

  // Gives the largest payload that send() should be given, 64 to 65,507; it may change.
  virtual std::size_t max_datagram_bytes() const noexcept = 0;

  // Hands over datagrams in order and never blocks. Opens its socket when there is none.
  virtual SendResult send(std::span<const std::string_view> datagrams) noexcept = 0;

  // Waits until send() may work again, at the most `timeout`; returns at once when it cannot tell.
  virtual void wait_writable(std::chrono::milliseconds timeout) noexcept { (void)timeout; }

  // Closes the connection; the next send() opens a new one. Called after `unreachable`, and when
  // the client has closed.
  virtual void reconnect() noexcept {}

  // Stand around fork(). In the child the inherited descriptor must not be used again.
  virtual void before_fork() noexcept {}
  virtual void after_fork_in_parent() noexcept {}
  virtual void after_fork_in_child() noexcept {}
};

// Keeps every payload. `behave` scripts what send() answers, so that a test can be its own bad
// Agent.
class PAWL_API InMemoryTransport final : public Transport {
 public:
  explicit InMemoryTransport(std::size_t max_datagram_bytes = 1432) noexcept
      : max_datagram_bytes_(max_datagram_bytes) {}

  std::string_view name() const noexcept override { return "memory"; }
  std::size_t max_datagram_bytes() const noexcept override { return max_datagram_bytes_; }
  SendResult send(std::span<const std::string_view> datagrams) noexcept override;
  void before_fork() noexcept override { mutex_.lock(); }
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override { mutex_.unlock(); }

  // Answers `status` from now on, instead of taking datagrams; SendStatus::sent takes them again.
  void behave(SendStatus status) noexcept;
  // Gives the payloads that came since the last call, and forgets them.
  std::vector<std::string> take();
  // Gives the lines of take(), without their line ends.
  std::vector<std::string> take_lines();

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> payloads_;
  SendStatus status_ = SendStatus::sent;
  const std::size_t max_datagram_bytes_;
};

}  // namespace pawl
