#pragma once
// A small HTTP/1.1 server for this machine only: TCP on loopback addresses and Unix sockets of mode
// 0600, kept-alive connections, and one handler that answers whole requests. It bounds what a
// client can take: connections, bytes of a request, and time.
//
//     HttpServer http{io, [](const HttpRequest& request) { return HttpResponse{}; }};
//     if (const auto error = http.open(endpoint)) ...
//
// Threads: the io_context's; any one while it does not run.
// Errors: open() says why; what clients do wrong is answered, and told to on_refusal.

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <asio/io_context.hpp>

#include <pawl/result.h>

#include "tools/acceptor.h"
#include "tools/endpoint.h"
#include "tools/http_message.h"

namespace pawl::tools {

class HttpSession;

class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  // Hears of requests that never became whole.
  using OnRefusal = std::function<void(std::string_view why)>;

  HttpServer(asio::io_context& io, Handler handler, OnRefusal on_refusal, HttpLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds one endpoint; "localhost" is 127.0.0.1 and, where there is IPv6, ::1 with the same port.
  std::optional<Error> open(const Endpoint& endpoint);
  // Gives what is bound, with the ports that were chosen for port 0.
  const std::vector<Endpoint>& endpoints() const noexcept { return endpoints_; }

  // Answers what the sockets hold whole now, and returns.
  void drain();

 private:
  friend class HttpSession;

  void take(Descriptor descriptor);

  asio::io_context& io_;
  const Handler handler_;
  const OnRefusal on_refusal_;
  const HttpLimits limits_;
  std::vector<Endpoint> endpoints_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  std::unordered_set<std::shared_ptr<HttpSession>> sessions_;
};

}  // namespace pawl::tools
