#include "tools/http_client.h"

#include <cerrno>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace pawl::test {
namespace {

using std::string_view;

constexpr int kPatienceMs = 20'000;

int connect_tcp(const tools::Endpoint& endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return made;
}

int connect_unix(const tools::Endpoint& endpoint) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  endpoint.path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connect(made, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  return made;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

HttpAnswer parse_head(string_view head) {
  HttpAnswer answer;
  const auto first = head.find("\r\n");
  answer.status = std::stoi(std::string{head.substr(9, 3)});
  head.remove_prefix(first + 2);
  while (!head.empty()) {
    const auto end = head.find("\r\n");
    const string_view line = head.substr(0, end);
    const auto colon = line.find(": ");
    answer.headers[lower(std::string{line.substr(0, colon)})] = line.substr(colon + 2);
    head.remove_prefix(end + 2);
  }
  return answer;
}

}  // namespace

HttpClient::HttpClient(const tools::Endpoint& endpoint)
    : socket_(endpoint.kind == tools::Endpoint::Kind::http ? connect_tcp(endpoint)
                                                           : connect_unix(endpoint)) {}

// A server may answer and stop reading before all is sent: what it says then is of interest.
void HttpClient::send(string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    REQUIRE(sent > 0);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool HttpClient::read_some() {
  pollfd waiting{socket_.get(), POLLIN, 0};
  if (poll(&waiting, 1, kPatienceMs) <= 0) return false;
  char bytes[std::size_t{16} << 10];
  const ssize_t got = read(socket_.get(), bytes, sizeof bytes);
  if (got > 0) pending_.append(bytes, static_cast<std::size_t>(got));
  return got > 0;
}

std::optional<HttpAnswer> HttpClient::receive() {
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_some()) return std::nullopt;
  }
  HttpAnswer answer = parse_head(string_view{pending_}.substr(0, end + 2));
  const auto length = answer.headers.find("content-length");
  const std::size_t body = length == answer.headers.end() ? 0 : std::stoul(length->second);
  while (pending_.size() < end + 4 + body) {
    if (!read_some()) return std::nullopt;
  }
  answer.body = pending_.substr(end + 4, body);
  pending_.erase(0, end + 4 + body);
  return answer;
}

bool HttpClient::closed() {
  pollfd waiting{socket_.get(), POLLIN, 0};
  REQUIRE(poll(&waiting, 1, kPatienceMs) == 1);
  char byte = 0;
  return recv(socket_.get(), &byte, 1, MSG_PEEK) <= 0;
}

std::string http_request(string_view method,
                         string_view path,
                         string_view headers,
                         string_view body) {
  std::string out{method};
  out.append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\n").append(headers);
  out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return out.append(body);
}

}  // namespace pawl::test
