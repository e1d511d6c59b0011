#include "tools/http_server.h"

#include <utility>

#include "tools/http_session.h"

namespace pawl::tools {
namespace {

constexpr std::size_t kMaxSessions = 256;

using Sessions = std::vector<std::shared_ptr<HttpSession>>;

}  // namespace

HttpServer::HttpServer(asio::io_context& io,
                       Handler handler,
                       OnRefusal on_refusal,
                       HttpLimits limits)
    : io_(io), handler_(std::move(handler)), on_refusal_(std::move(on_refusal)), limits_(limits) {}

// What waits for a session holds it, and is gone with the io_context only.
HttpServer::~HttpServer() {
  const Sessions all{sessions_.begin(), sessions_.end()};
  for (const auto& session : all) session->close();
}

std::optional<Error> HttpServer::open(const Endpoint& endpoint) {
  Result<std::vector<BoundSocket>> bound = bind_sockets(endpoint);
  if (!bound) return bound.error();
  for (BoundSocket& socket : *bound) {
    endpoints_.push_back(socket.endpoint);
    acceptors_.push_back(std::make_unique<Acceptor>(
        io_, std::move(socket), [this](Descriptor descriptor) { take(std::move(descriptor)); }));
    acceptors_.back()->start();
  }
  return std::nullopt;
}

// One too many is closed at once.
void HttpServer::take(Descriptor descriptor) {
  if (sessions_.size() >= kMaxSessions) return;
  const auto session = std::make_shared<HttpSession>(*this, std::move(descriptor));
  sessions_.insert(session);
  session->go();
}

void HttpServer::drain() {
  for (const auto& acceptor : acceptors_) acceptor->drain();
  const Sessions all{sessions_.begin(), sessions_.end()};
  for (const auto& session : all) session->drain();
}

}  // namespace pawl::tools
