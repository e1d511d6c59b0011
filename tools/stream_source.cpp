#include <cerrno>
#include <memory>
#include <unordered_set>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>
#include <unistd.h>

#include "tools/acceptor.h"
#include "tools/source.h"

namespace pawl::tools {
namespace {

constexpr std::size_t kMaxConnections = 256;
// So many reads before the other sockets get their turn, and at the most at the end.
constexpr int kBatch = 16;
constexpr int kMostAtTheEnd = 100'000;

enum class Reading : std::uint8_t { more, empty, ended };

// Shared with the handler that waits for it: one that is queued already cannot be cancelled.
struct Connection {
  Connection(asio::io_context& io, int number) : descriptor(io, number) {}
  asio::posix::stream_descriptor descriptor;
  Frames frames;
};
using Shared = std::shared_ptr<Connection>;

class StreamSource final : public Source {
 public:
  StreamSource(Server& server, BoundSocket socket)
      : Source(server, socket.endpoint),
        acceptor_(io(), std::move(socket), [this](Descriptor descriptor) {
          take(std::move(descriptor));
        }) {}

  void start() override { acceptor_.start(); }

  void drain() override {
    acceptor_.drain();
    const std::vector<Shared> all{connections_.begin(), connections_.end()};
    for (const Shared& connection : all) read_or_end(connection, kMostAtTheEnd);
  }

 private:
  // One too many is closed at once.
  void take(Descriptor descriptor) {
    if (connections_.size() >= kMaxConnections) return;
    const auto made = std::make_shared<Connection>(io(), descriptor.release());
    connections_.insert(made);
    wait(made);
  }

  void wait(const Shared& connection) {
    connection->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                      [this, connection](asio::error_code error) {
                                        if (error || !connection->descriptor.is_open()) return;
                                        if (read_or_end(connection, kBatch)) wait(connection);
                                      });
  }

  // Tells whether the connection goes on.
  bool read_or_end(const Shared& connection, int most) {
    if (read(*connection, most) != Reading::ended) return true;
    asio::error_code ignored;
    connection->descriptor.close(ignored);
    connections_.erase(connection);
    return false;
  }

  Reading read(Connection& connection, int most) {
    Reading reading = Reading::more;
    while (most-- > 0 && reading == Reading::more && !stopped()) reading = read_once(connection);
    return reading;
  }

  Reading read_once(Connection& connection) {
    char bytes[std::size_t{16} << 10];
    const ssize_t got = ::read(connection.descriptor.native_handle(), bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) return Reading::more;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Reading::empty;
    if (got <= 0) {
      if (connection.frames.torn()) ++traffic().torn_frames;
      return Reading::ended;
    }
    const std::string_view taken{bytes, static_cast<std::size_t>(got)};
    const auto state =
        connection.frames.feed(taken, [this](std::string_view frame) { deliver(frame); });
    if (state == Frames::State::open) return Reading::more;
    ++traffic().long_frames;
    return Reading::ended;
  }

  Acceptor acceptor_;
  std::unordered_set<Shared> connections_;
};

}  // namespace

std::unique_ptr<Source> make_stream_source(Server& server, BoundSocket socket) {
  return std::make_unique<StreamSource>(server, std::move(socket));
}

}  // namespace pawl::tools
