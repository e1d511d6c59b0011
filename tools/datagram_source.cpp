#include <cerrno>
#include <optional>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>
#include <sys/socket.h>

#include "tools/source.h"

namespace pawl::tools {
namespace {

// More than any UDP datagram; a Unix datagram may be longer, and is cut here.
constexpr std::size_t kBufferBytes = std::size_t{128} << 10;
// So many are read before the other sockets get their turn.
constexpr int kBatch = 64;
// A sender that never pauses must not hold up the end.
constexpr int kMostAtTheEnd = 100'000;

class DatagramSource final : public Source {
 public:
  DatagramSource(Server& server, BoundSocket socket)
      : Source(server, socket.endpoint),
        file_(std::move(socket.file)),
        descriptor_(io(), socket.descriptor.release()),
        buffer_(kBufferBytes) {}

  void start() override {
    descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](asio::error_code error) {
      if (error) return;
      read(kBatch);
      start();
    });
  }

  void drain() override { read(kMostAtTheEnd); }

 private:
  void read(int most) {
    while (most-- > 0 && !stopped()) {
      const auto size = receive();
      if (!size) return;
      if (*size > kAgentBytes) ++traffic().long_datagrams;
      deliver({buffer_.data(), std::min(*size, buffer_.size())});
    }
  }

  // Gives the datagram's own size, which may be more than what fits.
  std::optional<std::size_t> receive() {
    ssize_t got = 0;
    do got = recv(descriptor_.native_handle(), buffer_.data(), buffer_.size(), MSG_TRUNC);
    while (got < 0 && errno == EINTR);
    return got < 0 ? std::nullopt : std::optional{static_cast<std::size_t>(got)};
  }

  SocketFile file_;
  asio::posix::stream_descriptor descriptor_;
  std::vector<char> buffer_;
};

}  // namespace

std::unique_ptr<Source> make_datagram_source(Server& server, BoundSocket socket) {
  return std::make_unique<DatagramSource>(server, std::move(socket));
}

}  // namespace pawl::tools
