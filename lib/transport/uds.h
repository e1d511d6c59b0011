#pragma once

// A Unix socket at a path: datagrams, or a stream of frames. unix_any finds out at each connection
// which of the two is there. When the Agent has gone, or another socket has taken its path, the
// next send() connects anew and tries the datagram again.
//
// Threads: as Transport. Cost: one fstat, one stat and one sendmmsg for 32 datagrams; on a stream
// one sendmsg each.
// Errors: as Transport; see status_of.

#include <atomic>
#include <string>

#include <asio/local/datagram_protocol.hpp>
#include <sys/types.h>

#include <pawl/transport.h>

#include "transport/address.h"
#include "transport/batch.h"
#include "transport/datagram_limit.h"
#include "transport/socket.h"

namespace pawl::transport {

class Uds final : public Transport {
 public:
  // REQUIRES: a Unix kind; an absolute path of 107 bytes at the most.
  Uds(Address::Kind kind, std::string path, std::size_t max_datagram_bytes, SystemCalls calls = {});

  std::string_view name() const noexcept override { return stream_ ? "uds-stream" : "uds"; }
  std::size_t max_datagram_bytes() const noexcept override { return limit_.bytes(); }
  SendResult send(std::span<const std::string_view> datagrams) noexcept override;
  void wait_writable(std::chrono::milliseconds timeout) noexcept override;
  void reconnect() noexcept override;
  void before_fork() noexcept override { socket_.before_fork(); }
  void after_fork_in_parent() noexcept override { socket_.after_fork_in_parent(); }
  void after_fork_in_child() noexcept override { socket_.after_fork_in_child(); }

 private:
  // Which file is at a path; all zero when there is none.
  struct Identity {
    dev_t device = 0;
    ino_t inode = 0;
    friend bool operator==(const Identity&, const Identity&) = default;
  };

  Identity identity() const noexcept;
  bool replaced() const noexcept;
  int connect() noexcept;
  int connect_as(int type) noexcept;
  Progress send_some(std::span<const std::string_view> datagrams) noexcept;

  const Address::Kind kind_;
  const std::string path_;
  const asio::local::datagram_protocol::endpoint endpoint_;
  const SystemCalls calls_;
  DatagramLimit limit_;
  Socket socket_;
  Identity connected_to_;
  std::atomic<bool> stream_;  // read by whoever asks for the name
};

}  // namespace pawl::transport
