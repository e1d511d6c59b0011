#pragma once
// Sockets bound for receiving, before any of them is read: the descriptor, and for Unix sockets the
// file that goes with it.
//
// Threads: values of one owner.
// Errors: bind_socket and bind_sockets say why, naming the endpoint.

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <pawl/result.h>

#include "tools/endpoint.h"

namespace pawl::tools {

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const noexcept { return number_; }
  int release() noexcept { return std::exchange(number_, -1); }

 private:
  int number_ = -1;
};

// The file of a bound Unix socket; unlinks it when it goes, unless another has taken its place.
class SocketFile {
 public:
  SocketFile() noexcept = default;
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&&) = delete;
  ~SocketFile();

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct BoundSocket {
  Endpoint endpoint;  // with the real port
  Descriptor descriptor;
  SocketFile file;
};

// Binds a non-blocking socket to an endpoint (not to "localhost"); a stream socket listens.
Result<BoundSocket> bind_socket(const Endpoint& endpoint);

// The same; "localhost" is 127.0.0.1 and, where there is IPv6, ::1 with the same port.
Result<std::vector<BoundSocket>> bind_sockets(const Endpoint& endpoint);

}  // namespace pawl::tools
