#pragma once
// One connection of the HTTP server: reads a request, answers it, and again. It never blocks: each
// step does what can be done now, and what is left waits for the socket or the clock.
//
// Threads: the server's.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "tools/http_server.h"

namespace pawl::tools {

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(HttpServer& server, Descriptor descriptor);

  // Does what can be done, then waits to go on.
  void go();
  // Does what can be done, and no more.
  void drain();
  void close();

 private:
  enum class Phase : std::uint8_t { reading, delaying, writing, lingering, closed };

  // Each tells whether the next step can be taken at once.
  bool step();
  bool read_on();
  bool write_on();
  bool linger_on();

  void respond(const HttpResponse& response, bool keep_alive);
  void refuse(const HttpResponse& response);
  void wait();
  void wait_for_socket();
  void wait_for_clock();
  void expire();
  void enter(Phase phase);

  HttpServer& server_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  HttpReader reader_;
  Phase phase_ = Phase::reading;
  bool begun_ = false;  // so that a request's time is counted from its first byte
  bool keep_alive_ = true;
  std::string out_;
};

}  // namespace pawl::tools
