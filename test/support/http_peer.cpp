#include "support/http_peer.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pawl::test {
namespace {

[[noreturn]] void fail(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

Descriptor listen_tcp(int family, std::uint16_t port) {
  Descriptor socket{::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket.is_open()) fail("socket");
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  const bool is_v6 = family == AF_INET6;
  const void* address = is_v6 ? static_cast<const void*>(&v6) : &v4;
  const auto size = static_cast<socklen_t>(is_v6 ? sizeof v6 : sizeof v4);
  if (::bind(socket.get(), static_cast<const sockaddr*>(address), size) != 0) fail("bind");
  if (::listen(socket.get(), 64) != 0) fail("listen");
  return socket;
}

bool wait_for_event(int socket, short events) {
  pollfd polled{socket, events, 0};
  while (::poll(&polled, 1, -1) < 0)
    if (errno != EINTR) return false;
  return true;
}

// Sends all of it, unless the client goes.
bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !wait_for_event(socket, POLLOUT)) {
      return false;
    }
  }
  return true;
}

// Adds what has come to the buffer; false at the end.
bool read_more(int socket, std::string& buffer) {
  char block[65'536];
  ssize_t got = ::recv(socket, block, sizeof block, 0);
  while (got < 0 && errno == EAGAIN) {
    if (!wait_for_event(socket, POLLIN)) return false;
    got = ::recv(socket, block, sizeof block, 0);
  }
  if (got <= 0) return false;
  buffer.append(block, static_cast<std::size_t>(got));
  return true;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

HttpPeer::Request parse_head(std::string_view head) {
  HttpPeer::Request request;
  std::string_view line = head.substr(0, head.find("\r\n"));
  request.method = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(request.method.size() + 1, line.size()));
  request.path = line.substr(0, line.find(' '));
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    request.headers[lower(line.substr(0, colon))] = line.substr(colon + 2);
  }
  return request;
}

std::size_t length_of(const HttpPeer::Request& request) {
  const std::string text = request.header("content-length");
  std::size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

// Closing without lingering is what makes it a reset.
void reset(int socket) {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

HttpPeer::HttpPeer(Kind kind) : kind_(kind) {
  if (kind_ == Kind::unix_socket) path_ = dir_.file("apm.socket");
  start();
}

HttpPeer::~HttpPeer() { stop(); }

std::string HttpPeer::url() const {
  if (kind_ == Kind::unix_socket) return "unix://" + path_;
  const std::string host = kind_ == Kind::tcp_v6 ? "[::1]" : "127.0.0.1";
  return "http://" + host + ':' + std::to_string(port_);
}

std::string HttpPeer::answer(int status, std::string_view body, std::string_view headers) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + " As told\r\n";
  text += headers;
  if (status < 200 || status == 204 || status == 304) return text + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  return text.append(body);
}

HttpPeer::Script HttpPeer::reply(int status, std::string_view body, std::string_view headers) {
  return Script{{Step{Step::Kind::send, answer(status, body, headers)}}};
}

void HttpPeer::always(Script script) {
  const std::lock_guard lock{mutex_};
  always_ = std::move(script);
}

void HttpPeer::next(Script script) {
  const std::lock_guard lock{mutex_};
  next_.push_back(std::move(script));
}

void HttpPeer::release() {
  const std::lock_guard lock{mutex_};
  released_ = true;
  changed_.notify_all();
}

void HttpPeer::start() {
  if (thread_.joinable()) return;
  listener_ = listen();
  if (kind_ != Kind::unix_socket) port_ = port_of(listener_);
  stopping_ = false;
  thread_ = std::thread([this] { accept_all(); });
}

void HttpPeer::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
    changed_.notify_all();
    ::shutdown(listener_.get(), SHUT_RDWR);
    for (const Client& client : clients_) ::shutdown(client.socket.get(), SHUT_RDWR);
  }
  thread_.join();
  for (Client& client : clients_) client.thread.join();
  clients_.clear();
  listener_.close();
  if (kind_ == Kind::unix_socket) ::unlink(path_.c_str());
}

std::vector<HttpPeer::Request> HttpPeer::requests() const {
  const std::lock_guard lock{mutex_};
  return requests_;
}

std::size_t HttpPeer::connections() const {
  const std::lock_guard lock{mutex_};
  return connections_;
}

bool HttpPeer::wait_for(std::size_t count, std::chrono::milliseconds timeout) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, timeout, [&] { return requests_.size() >= count; });
}

Descriptor HttpPeer::listen() const {
  if (kind_ == Kind::unix_socket) return bind_unix(SOCK_STREAM, path_);
  return listen_tcp(kind_ == Kind::tcp_v6 ? AF_INET6 : AF_INET, port_);
}

void HttpPeer::accept_all() {
  while (wait_for_event(listener_.get(), POLLIN)) {
    std::optional<Descriptor> accepted = accept_stream(listener_);
    const std::lock_guard lock{mutex_};
    if (stopping_) return;
    if (accepted) add_client(std::move(*accepted));
  }
}

void HttpPeer::add_client(Descriptor socket) {
  Client& client = clients_.emplace_back();
  client.socket = std::move(socket);
  client.number = ++connections_;
  client.thread = std::thread([this, &client] { serve(client); });
}

void HttpPeer::serve(Client& client) {
  std::string buffer;
  while (read_request(client, buffer)) {
  }
  const std::lock_guard lock{mutex_};
  client.socket.close();
}

// Reads one request and answers it; tells whether to go on.
bool HttpPeer::read_request(Client& client, std::string& buffer) {
  const int socket = client.socket.get();
  std::size_t end = 0;
  while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
    if (!read_more(socket, buffer)) return false;
  Request request = parse_head(std::string_view{buffer}.substr(0, end));
  request.connection = client.number;
  const std::size_t total = end + 4 + length_of(request);
  const Script script = take_script();
  while (!script.before_body && buffer.size() < total)
    if (!read_more(socket, buffer)) return false;
  request.body = buffer.substr(end + 4, total - end - 4);
  {
    const std::lock_guard lock{mutex_};
    requests_.push_back(std::move(request));
    changed_.notify_all();
  }
  if (!run(client, script)) return false;
  while (buffer.size() < total)
    if (!read_more(socket, buffer)) return false;
  buffer.erase(0, total);
  return true;
}

HttpPeer::Script HttpPeer::take_script() {
  const std::lock_guard lock{mutex_};
  if (next_.empty()) return always_;
  Script script = std::move(next_.front());
  next_.pop_front();
  return script;
}

bool HttpPeer::run(const Client& client, const Script& script) {
  return std::all_of(script.steps.begin(), script.steps.end(), [&](const Step& step) {
    return run(client, step);
  });
}

bool HttpPeer::run(const Client& client, const Step& step) {
  const int socket = client.socket.get();
  switch (step.kind) {
    case Step::Kind::send:
      return send_all(socket, step.bytes);
    case Step::Kind::trickle:
      return trickle(client, step);
    case Step::Kind::send_forever:
      while (send_all(socket, step.bytes)) {
      }
      return false;
    case Step::Kind::hold: {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return released_ || stopping_; });
      return !stopping_;
    }
    case Step::Kind::reset:
      reset(socket);
      return false;
    case Step::Kind::close:
      return false;
  }
  return false;
}

bool HttpPeer::trickle(const Client& client, const Step& step) {
  for (const char& byte : step.bytes) {
    if (!send_all(client.socket.get(), {&byte, 1})) return false;
    std::unique_lock lock{mutex_};
    if (changed_.wait_for(lock, step.pace, [this] { return stopping_; })) return false;
  }
  return true;
}

}  // namespace pawl::test
