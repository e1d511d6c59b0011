#pragma once

// UDP to a host, which is numeric, `localhost`, or a name. A name is looked up inside send(), that
// is on the sender's thread: at first, then every 60 s, and 1 s after an error at the earliest.
// When a look-up fails the last good addresses stay. The addresses are tried in turn when one
// refuses.
//
// Threads: as Transport. Cost: one fstat and one sendmmsg for 32 datagrams.
// Errors: as Transport; see status_of.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <asio/ip/udp.hpp>

#include <pawl/clock.h>
#include <pawl/transport.h>

#include "transport/batch.h"
#include "transport/datagram_limit.h"
#include "transport/resolve.h"
#include "transport/socket.h"

namespace pawl::transport {

// What tests put in place of the world.
struct UdpSeams {
  Resolver resolve = look_up;
  std::shared_ptr<const Clock> clock = std::make_shared<Clock>();
  SystemCalls calls = {};
};

class Udp final : public Transport {
 public:
  Udp(std::string host, std::uint16_t port, std::size_t max_datagram_bytes, UdpSeams seams = {});

  std::string_view name() const noexcept override { return "udp"; }
  std::size_t max_datagram_bytes() const noexcept override { return limit_.bytes(); }
  SendResult send(std::span<const std::string_view> datagrams) noexcept override;
  void wait_writable(std::chrono::milliseconds timeout) noexcept override;
  void reconnect() noexcept override;
  void before_fork() noexcept override { socket_.before_fork(); }
  void after_fork_in_parent() noexcept override { socket_.after_fork_in_parent(); }
  void after_fork_in_child() noexcept override { socket_.after_fork_in_child(); }

 private:
  using Endpoints = std::vector<asio::ip::udp::endpoint>;

  static Endpoints at_port(const Addresses& addresses, std::uint16_t port);
  void refresh_endpoints() noexcept;
  bool look_up_due() const noexcept;
  void adopt(Endpoints found) noexcept;
  int open() noexcept;
  Progress send_some(std::span<const std::string_view> datagrams) noexcept;
  Progress send_doubtful(std::span<const std::string_view> datagrams) noexcept;
  void try_elsewhere(int error) noexcept;
  bool is_loopback() const noexcept;
  std::size_t carried_bytes() const noexcept;

  const std::string host_;
  const std::uint16_t port_;
  const UdpSeams seams_;
  DatagramLimit limit_;
  Socket socket_;
  Endpoints endpoints_;  // changed under the socket's fork_mutex
  std::size_t current_ = 0;
  bool needs_look_up_ = false;  // the host is a name
  bool look_up_soon_ = true;
  bool doubtful_ = false;  // whether anybody listens at the loopback
  Clock::SteadyTime looked_up_at_ = Clock::SteadyTime::min();
};

}  // namespace pawl::transport
