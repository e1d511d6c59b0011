#include "tools/server.h"

#include <utility>

#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include "tools/source.h"

namespace pawl::tools {

Server::Server(OnPayload on_payload) : on_payload_(std::move(on_payload)) {}

Server::~Server() {
  stop();
  if (thread_.joinable()) thread_.join();
}

std::optional<Error> Server::open(const Endpoint& endpoint) {
  Result<std::vector<BoundSocket>> bound = bind_sockets(endpoint);
  if (!bound) return bound.error();
  const bool stream = endpoint.kind == Endpoint::Kind::unix_stream;
  for (BoundSocket& socket : *bound) {
    sources_.push_back(stream ? make_stream_source(*this, std::move(socket))
                              : make_datagram_source(*this, std::move(socket)));
    sources_.back()->start();
  }
  return std::nullopt;
}

std::vector<Endpoint> Server::endpoints() const {
  std::vector<Endpoint> bound;
  for (const auto& source : sources_) bound.push_back(source->endpoint());
  return bound;
}

void Server::run() {
  const auto guard = asio::make_work_guard(io_);
  io_.run();
}

void Server::start() {
  thread_ = std::thread{[this] { run(); }};
}

void Server::stop() noexcept {
  stopped_ = true;
  io_.stop();
}

void Server::finish() {
  asio::post(io_, [this] {
    drain();
    stop();
  });
  thread_.join();
}

void Server::drain() {
  for (const auto& source : sources_) source->drain();
}

bool Server::deliver(std::string_view payload) {
  if (stopped_) return false;
  ++traffic_.payloads;
  traffic_.bytes += payload.size();
  on_payload_(payload);
  return true;
}

}  // namespace pawl::tools
