#include "transport/uds.h"

#include <utility>

#include <sys/stat.h>

#include "transport/errors.h"
#include "transport/frame.h"

namespace pawl::transport {
namespace {

// For the rest of a frame of which the kernel has taken the beginning.
constexpr std::chrono::milliseconds kFramePatience{100};

}  // namespace

Uds::Uds(Address::Kind kind, std::string path, std::size_t max_datagram_bytes, SystemCalls calls)
    : kind_(kind),
      path_(std::move(path)),
      endpoint_(path_),
      calls_(std::move(calls)),
      limit_(max_datagram_bytes),
      stream_(kind == Address::Kind::unix_stream) {}

SendResult Uds::send(std::span<const std::string_view> datagrams) noexcept {
  const ErrnoKept kept;
  if (!socket_.is_open() || replaced()) socket_.close();
  std::size_t sent = 0;
  bool retried = false;
  while (sent < datagrams.size()) {
    const Progress progress = send_some(datagrams.subspan(sent));
    sent += progress.sent;
    if (progress.sent > 0) retried = false;
    const SendStatus status = status_of(progress.error);
    if (status == SendStatus::sent) continue;
    // For good: it is our side's buffer that is too small, whoever reads.
    if (status == SendStatus::too_large) limit_.lower(datagrams[sent].size(), 0);
    // The descriptor of a full socket is kept: another one would be as full.
    const bool keep = status == SendStatus::would_block || status == SendStatus::too_large;
    if (!keep) socket_.close();
    // A frame that its reader did not take in time has been waited for once.
    const bool again = status == SendStatus::unreachable && progress.error != ETIMEDOUT;
    if (!again || std::exchange(retried, true)) return {sent, status, progress.error};
  }
  return {sent, SendStatus::sent, 0};
}

void Uds::wait_writable(std::chrono::milliseconds timeout) noexcept {
  const ErrnoKept kept;
  socket_.wait_writable(timeout);
}

void Uds::reconnect() noexcept {
  const ErrnoKept kept;
  socket_.close();
}

Uds::Identity Uds::identity() const noexcept {
  struct stat facts {};
  if (::stat(path_.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino};
}

// A path that is gone is no reason to leave an Agent that still reads.
bool Uds::replaced() const noexcept {
  const Identity now = identity();
  return now != Identity{} && now != connected_to_;
}

int Uds::connect() noexcept {
  if (kind_ == Address::Kind::unix_stream) return connect_as(SOCK_STREAM);
  const int error = connect_as(SOCK_DGRAM);
  if (error != EPROTOTYPE || kind_ == Address::Kind::unix_datagram) return error;
  return connect_as(SOCK_STREAM);
}

int Uds::connect_as(int type) noexcept {
  if (const int error = socket_.open(AF_UNIX, type)) return error;
  // Before connecting: a socket that comes in between is then seen as the replacement it is.
  connected_to_ = identity();
  const int error = socket_.connect(endpoint_.data(), endpoint_.size());
  if (error != 0)
    socket_.close();
  else
    stream_ = type == SOCK_STREAM;
  return error;
}

Progress Uds::send_some(std::span<const std::string_view> datagrams) noexcept {
  if (socket_.descriptor() < 0)
    if (const int error = connect()) return {0, error};
  if (!stream_) return send_batch(calls_, socket_.descriptor(), datagrams);
  const int error = send_frame(calls_, socket_.descriptor(), datagrams.front(), kFramePatience);
  return {error == 0 ? std::size_t{1} : 0, error};
}

}  // namespace pawl::transport
