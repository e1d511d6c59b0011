#pragma once
// What a server reads from: a datagram socket, or a stream socket with its connections. Each waits
// for its descriptor on the server's io_context, and reads without blocking.
//
// Threads: the server's.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tools/bound_socket.h"
#include "tools/server.h"

namespace pawl::tools {

class Source {
 public:
  virtual ~Source() = default;

  const Endpoint& endpoint() const noexcept { return endpoint_; }

  // Begins to wait for what comes.
  virtual void start() = 0;
  // Reads what is there now.
  virtual void drain() = 0;

 protected:
  Source(Server& server, Endpoint endpoint) : server_(server), endpoint_(std::move(endpoint)) {}

  asio::io_context& io() const noexcept { return server_.io_; }
  Traffic& traffic() const noexcept { return server_.traffic_; }
  bool stopped() const noexcept { return server_.stopped_; }
  // Hands a payload to the callback; false once the server is stopped.
  bool deliver(std::string_view payload) const { return server_.deliver(payload); }

 private:
  Server& server_;
  const Endpoint endpoint_;
};

std::unique_ptr<Source> make_datagram_source(Server& server, BoundSocket socket);
std::unique_ptr<Source> make_stream_source(Server& server, BoundSocket socket);

// Cuts a stream into frames: a length of four bytes, little-endian, and as many bytes.
class Frames {
 public:
  enum class State : std::uint8_t { open, too_long };

  // Takes bytes in, and calls `each` with every frame that is whole.
  template <class Each>
  State feed(std::string_view bytes, const Each& each) {
    pending_.append(bytes);
    std::string_view rest = pending_;
    State state = State::open;
    while (rest.size() >= kHeadBytes) {
      const std::size_t length = length_of(rest);
      if (length > kAgentBytes) state = State::too_long;
      if (state == State::too_long || rest.size() < kHeadBytes + length) break;
      each(rest.substr(kHeadBytes, length));
      rest.remove_prefix(kHeadBytes + length);
    }
    pending_.erase(0, pending_.size() - rest.size());
    return state;
  }

  // Tells whether a frame has begun and not ended.
  bool torn() const noexcept { return !pending_.empty(); }

 private:
  static constexpr std::size_t kHeadBytes = 4;
  static std::size_t length_of(std::string_view head) noexcept {
    std::size_t length = 0;
    for (std::size_t i = kHeadBytes; i-- > 0;) {
      length = length << 8U | static_cast<unsigned char>(head[i]);
    }
    return length;
  }

  std::string pending_;
};

}  // namespace pawl::tools
