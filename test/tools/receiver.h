#pragma once
// The other end of a server's sockets, for tests: senders that block until the kernel has what they
// send, and a server without a thread, which gives what it holds when it is asked.
//
// Threads: one at a time.
// Errors: what cannot be sent or opened fails the test.

#include <string>
#include <utility>
#include <vector>

#include "tools/bound_socket.h"
#include "tools/server.h"

namespace pawl::test {

using Payloads = std::vector<std::string>;

// Gives a socket that is connected to where a server listens.
tools::Descriptor connect_to(const tools::Endpoint& endpoint);

void send_bytes(const tools::Descriptor& to, const std::string& bytes);

// Gives a payload as a frame of a stream.
std::string framed(const std::string& payload);

// Leaves a socket file behind, as a killed process does.
void leave_stale(const std::string& path, int type);

class Receiver {
 public:
  // Opens one endpoint and gives it with its real port.
  tools::Endpoint open(const tools::Endpoint& endpoint);
  // Gives the payloads that the kernel holds.
  Payloads take();

  tools::Server server{[this](std::string_view payload) { got_.emplace_back(payload); }};

 private:
  Payloads got_;
};

}  // namespace pawl::test
