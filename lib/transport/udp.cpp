#include "transport/udp.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <netinet/in.h>

#include "transport/errors.h"

namespace pawl::transport {
namespace {

constexpr std::chrono::seconds kLookUpPeriod{60};
constexpr std::chrono::seconds kLookUpAfterError{1};

}  // namespace

Udp::Udp(std::string host, std::uint16_t port, std::size_t max_datagram_bytes, UdpSeams seams)
    : host_(std::move(host)),
      port_(port),
      seams_(std::move(seams)),
      limit_(max_datagram_bytes),
      endpoints_(at_port(known_addresses(host_), port_)),
      needs_look_up_(endpoints_.empty()) {}

Udp::Endpoints Udp::at_port(const Addresses& addresses, std::uint16_t port) {
  Endpoints endpoints;
  for (const asio::ip::address& address : addresses) endpoints.emplace_back(address, port);
  return endpoints;
}

// A router's word that a datagram was too large (ICMP "fragmentation needed") comes after it was
// handed over, and the kernel answers it to the next send, whatever the size of that. So one answer
// only tells about the path, and the datagram is tried again; a second one is about itself.
SendResult Udp::send(std::span<const std::string_view> datagrams) noexcept {
  const ErrnoKept kept;
  refresh_endpoints();
  if (endpoints_.empty()) return {0, SendStatus::unreachable, EHOSTUNREACH};
  std::size_t sent = 0;
  std::size_t misses = 0;
  bool blamed = false;  // whether the present datagram was called too large
  while (sent < datagrams.size()) {
    const Progress progress = send_some(datagrams.subspan(sent));
    sent += progress.sent;
    if (progress.sent > 0) {
      misses = 0;
      blamed = false;
    }
    if (progress.error == 0) continue;
    const SendStatus status = status_of(progress.error);
    if (status == SendStatus::too_large && !std::exchange(blamed, true)) {
      limit_.note_carried(carried_bytes());
      continue;
    }
    if (status == SendStatus::unreachable) {
      try_elsewhere(progress.error);
      if (misses++ < endpoints_.size()) continue;
    }
    if (status == SendStatus::too_large) limit_.lower(datagrams[sent].size(), carried_bytes());
    return {sent, status, progress.error};
  }
  return {sent, SendStatus::sent, 0};
}

void Udp::wait_writable(std::chrono::milliseconds timeout) noexcept {
  const ErrnoKept kept;
  socket_.wait_writable(timeout);
}

void Udp::reconnect() noexcept {
  const ErrnoKept kept;
  socket_.close();
  look_up_soon_ = true;
}

bool Udp::look_up_due() const noexcept {
  if (!needs_look_up_) return false;
  if (looked_up_at_ == Clock::SteadyTime::min()) return true;
  const auto since = seams_.clock->steady_now() - looked_up_at_;
  return since >= (look_up_soon_ || endpoints_.empty() ? kLookUpAfterError : kLookUpPeriod);
}

void Udp::refresh_endpoints() noexcept {
  if (!look_up_due()) return;
  Endpoints found;
  try {
    found = at_port(seams_.resolve(host_), port_);
  } catch (const std::exception&) {
    found.clear();  // no memory, or a resolver of somebody else's: a failed look-up
  }
  looked_up_at_ = seams_.clock->steady_now();
  look_up_soon_ = false;
  if (!found.empty()) adopt(std::move(found));
}

void Udp::adopt(Endpoints found) noexcept {
  const auto same = endpoints_.empty()
                        ? found.end()
                        : std::find(found.begin(), found.end(), endpoints_[current_]);
  if (same == found.end()) socket_.close();
  const std::lock_guard lock{socket_.fork_mutex()};
  current_ = same == found.end() ? 0 : static_cast<std::size_t>(same - found.begin());
  endpoints_.swap(found);
}

int Udp::open() noexcept {
  const asio::ip::udp::endpoint& endpoint = endpoints_[current_];
  if (const int error = socket_.open(endpoint.protocol().family(), SOCK_DGRAM)) return error;
  doubtful_ = is_loopback();
  const int error = socket_.connect(endpoint.data(), endpoint.size());
  if (error != 0)
    socket_.close();
  else
    limit_.restore();
  return error;
}

Progress Udp::send_some(std::span<const std::string_view> datagrams) noexcept {
  if (!socket_.is_open())
    if (const int error = open()) return {0, error};
  if (doubtful_) return send_doubtful(datagrams.first(1));
  const Progress progress = send_batch(seams_.calls, socket_.descriptor(), datagrams);
  // A batch that ends early has met an error, which sendmmsg keeps to itself.
  doubtful_ = is_loopback() && progress.sent < std::min(datagrams.size(), kMostAtOnce);
  return progress;
}

// At a loopback the kernel refuses for want of a listener before the call returns, so that an Agent
// that is not there can be told from one that is, and the datagram kept. From elsewhere the answer
// comes later and might blame one that arrived; so there it counts as handed over.
Progress Udp::send_doubtful(std::span<const std::string_view> datagrams) noexcept {
  socket_.take_error();  // about an earlier datagram
  const Progress progress = send_batch(seams_.calls, socket_.descriptor(), datagrams);
  if (progress.error != 0) return progress;
  if (socket_.take_error() == ECONNREFUSED) return {0, ECONNREFUSED};
  doubtful_ = false;
  return progress;
}

// A refusal blames the datagram before: with no other address the same socket serves once more.
void Udp::try_elsewhere(int error) noexcept {
  look_up_soon_ = true;
  doubtful_ = is_loopback();
  if (endpoints_.size() == 1 && error == ECONNREFUSED) return;
  socket_.close();
  current_ = (current_ + 1) % endpoints_.size();
}

bool Udp::is_loopback() const noexcept { return endpoints_[current_].address().is_loopback(); }

// What the path carries by the kernel's knowledge, less the headers of IP and UDP; 0: unknown.
std::size_t Udp::carried_bytes() const noexcept {
  const bool v6 = endpoints_[current_].protocol() == asio::ip::udp::v6();
  const std::size_t headers = v6 ? 48 : 28;
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const int result = ::getsockopt(
      socket_.descriptor(), v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_MTU : IP_MTU, &mtu, &size);
  if (result != 0 || static_cast<std::size_t>(mtu) <= headers) return 0;
  return static_cast<std::size_t>(mtu) - headers;
}

}  // namespace pawl::transport
