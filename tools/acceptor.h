#pragma once
// Takes the connections that come to a listening socket, and hands each over as a descriptor.
//
// Threads: the io_context's.
// Errors: while the process has no descriptors left it pauses, and goes on.

#include <functional>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "tools/bound_socket.h"

namespace pawl::tools {

class Acceptor {
 public:
  using OnConnection = std::function<void(Descriptor)>;

  Acceptor(asio::io_context& io, BoundSocket socket, OnConnection on_connection);

  // Begins to wait for connections.
  void start();
  // Takes those that wait now. Tells whether there are none left, rather than no descriptors.
  bool drain();

 private:
  bool accept_one();

  const SocketFile file_;
  asio::posix::stream_descriptor descriptor_;
  asio::steady_timer timer_;
  const OnConnection on_connection_;
};

}  // namespace pawl::tools
