#pragma once
// The receiving side: UDP, Unix datagram and Unix stream sockets, all at once, on one thread. Every
// payload (a datagram, or a frame of a stream) goes to one callback.
//
//     Server server{[&](std::string_view payload) { ... }};
//     if (const auto error = server.open(endpoint)) ...
//     server.start();   // or run(), on the calling thread
//     ...
//     server.finish();  // takes what was sent before, and ends
//
// A Unix socket appears with mode 0600, takes the place of a stale file only when nobody listens
// there, and is unlinked at the end.
//
// Threads: open() and endpoints() before run() or start(); stop() from any, the callback included;
// finish() from any but the server's; drain() on the server's or while none runs; traffic() while
// none runs.
// Errors: open() says why; what senders do wrong is counted in Traffic.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>

#include <pawl/result.h>

#include "tools/endpoint.h"

namespace pawl::tools {

// The Agent's buffer. It cuts longer datagrams and drops the connection of a longer frame.
inline constexpr std::size_t kAgentBytes = 8192;

struct Traffic {
  std::uint64_t payloads = 0;        // datagrams, and frames of streams
  std::uint64_t bytes = 0;           // of the payloads
  std::uint64_t long_datagrams = 0;  // longer than kAgentBytes; they were read whole
  std::uint64_t long_frames = 0;     // each cost its connection
  std::uint64_t torn_frames = 0;     // the connection ended within them
};

class Source;

class Server {
 public:
  using OnPayload = std::function<void(std::string_view payload)>;

  explicit Server(OnPayload on_payload);
  ~Server();  // stop(), without taking what is left
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds one endpoint; "localhost" is 127.0.0.1 and, where there is IPv6, ::1 with the same port.
  std::optional<Error> open(const Endpoint& endpoint);
  // Gives what is bound, with the ports that were chosen for port 0.
  std::vector<Endpoint> endpoints() const;

  // Where timers and signals of the caller can wait, served by the server's thread.
  asio::io_context& context() noexcept { return io_; }

  // Serves on the calling thread until stop().
  void run();
  // Serves on a thread of its own until finish() or the destructor.
  void start();
  // Ends run(); no payload reaches the callback afterwards, but for the one it may be in.
  void stop() noexcept;
  // Takes what the sockets hold, then stops, and waits for the thread. REQUIRES: start().
  void finish();

  // Takes what the sockets hold now, and returns.
  void drain();

  const Traffic& traffic() const noexcept { return traffic_; }

 private:
  friend class Source;

  // For the sources: false once stop() was called.
  bool deliver(std::string_view payload);

  const OnPayload on_payload_;
  asio::io_context io_{1};
  Traffic traffic_;
  std::atomic<bool> stopped_{false};
  std::vector<std::unique_ptr<Source>> sources_;
  std::thread thread_;
};

}  // namespace pawl::tools
