#include "tools/http_session.h"

#include <cerrno>
#include <utility>

#include <asio/post.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace pawl::tools {
namespace {

using std::string_view;

constexpr std::size_t kReadBytes = std::size_t{64} << 10;
// So many steps before the other connections get their turn.
constexpr int kBatch = 64;
// A client that never pauses must not hold up the end.
constexpr int kMostAtTheEnd = 10'000;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

}  // namespace

HttpSession::HttpSession(HttpServer& server, Descriptor descriptor)
    : server_(server),
      socket_(server.io_, descriptor.release()),
      timer_(server.io_),
      reader_(server.limits_) {
  enter(Phase::reading);
}

void HttpSession::go() {
  for (int i = 0; i < kBatch; ++i) {
    if (step()) continue;
    wait();
    return;
  }
  asio::post(server_.io_, [self = shared_from_this()] { self->go(); });
}

void HttpSession::drain() {
  for (int i = 0; i < kMostAtTheEnd && step(); ++i) {
  }
}

void HttpSession::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  timer_.cancel();
  asio::error_code ignored;
  socket_.close(ignored);
  server_.sessions_.erase(shared_from_this());
}

bool HttpSession::step() {
  switch (phase_) {
    case Phase::reading:
      return read_on();
    case Phase::writing:
      return write_on();
    case Phase::lingering:
      return linger_on();
    default:
      return false;
  }
}

bool HttpSession::read_on() {
  if (reader_.state() == HttpReader::State::whole) {
    const HttpRequest request = reader_.take();
    respond(server_.handler_(request), request.keep_alive);
    return true;
  }
  char bytes[kReadBytes];
  const ssize_t got = ::read(socket_.native_handle(), bytes, sizeof bytes);
  if (got < 0 && would_block()) return false;
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) {
    if (reader_.begun()) server_.on_refusal_("the connection ended within a request");
    close();
    return false;
  }
  const auto state = reader_.feed({bytes, static_cast<std::size_t>(got)});
  if (state == HttpReader::State::refused) refuse(reader_.refusal());
  if (reader_.begun() && !std::exchange(begun_, true))
    timer_.expires_after(server_.limits_.request);
  // So short that it always fits a socket which has nothing else to send.
  constexpr string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (state == HttpReader::State::partial && reader_.take_expectation()) {
    send(socket_.native_handle(), kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
  }
  return true;
}

void HttpSession::respond(const HttpResponse& response, bool keep_alive) {
  keep_alive_ = keep_alive;
  out_ = to_bytes(response, keep_alive);
  enter(response.delay.count() > 0 ? Phase::delaying : Phase::writing);
  if (phase_ == Phase::delaying) timer_.expires_after(response.delay);
}

void HttpSession::refuse(const HttpResponse& response) {
  server_.on_refusal_(std::to_string(response.status) + ' ' + response.body);
  respond(response, false);
}

bool HttpSession::write_on() {
  const ssize_t sent = send(socket_.native_handle(), out_.data(), out_.size(), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) return false;
  if (sent < 0 && errno != EINTR) {
    close();
    return false;
  }
  if (sent > 0) out_.erase(0, static_cast<std::size_t>(sent));
  if (!out_.empty()) return true;
  if (!keep_alive_) shutdown(socket_.native_handle(), SHUT_WR);
  enter(keep_alive_ ? Phase::reading : Phase::lingering);
  return true;
}

// To close with bytes unread resets the connection, and the client may lose the response.
bool HttpSession::linger_on() {
  char bytes[kReadBytes];
  const ssize_t got = ::read(socket_.native_handle(), bytes, sizeof bytes);
  if (got > 0 || (got < 0 && errno == EINTR)) return true;
  if (got == 0 || !would_block()) close();
  return false;
}

void HttpSession::enter(Phase phase) {
  phase_ = phase;
  const HttpLimits& limits = server_.limits_;
  begun_ = phase == Phase::reading && reader_.begun();
  if (phase == Phase::lingering) {
    timer_.expires_after(limits.linger);
  } else {
    timer_.expires_after(phase == Phase::reading && !begun_ ? limits.idle : limits.request);
  }
}

void HttpSession::wait() {
  if (phase_ == Phase::closed) return;
  wait_for_clock();
  if (phase_ != Phase::delaying) wait_for_socket();
}

void HttpSession::wait_for_socket() {
  using asio::posix::descriptor_base;
  const auto what =
      phase_ == Phase::writing ? descriptor_base::wait_write : descriptor_base::wait_read;
  socket_.async_wait(what, [self = shared_from_this()](asio::error_code error) {
    if (error || self->phase_ == Phase::closed) return;
    self->timer_.cancel();
    self->go();
  });
}

void HttpSession::wait_for_clock() {
  timer_.async_wait([self = shared_from_this()](asio::error_code error) {
    // A wait that was over before it could be cancelled is one whose time has been moved.
    const bool early = self->timer_.expiry() > std::chrono::steady_clock::now();
    if (!error && !early && self->phase_ != Phase::closed) self->expire();
  });
}

void HttpSession::expire() {
  if (phase_ == Phase::delaying) {
    enter(Phase::writing);
    go();
    return;
  }
  if (phase_ != Phase::reading || !reader_.begun()) {
    close();
    return;
  }
  refuse({.status = 408, .body = R"({"error":"the request took too long"})"});
  asio::error_code ignored;
  socket_.cancel(ignored);
  go();
}

}  // namespace pawl::tools
