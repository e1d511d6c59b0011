#include "tools/http_server.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_dir.h"
#include "tools/http_client.h"
#include "tools/server.h"

namespace {

using namespace std::chrono_literals;
using pawl::test::http_request;
using pawl::test::HttpClient;
using pawl::test::TempDir;
using pawl::tools::Endpoint;
using pawl::tools::HttpLimits;
using pawl::tools::HttpRequest;
using pawl::tools::HttpResponse;
using pawl::tools::HttpServer;
using pawl::tools::Server;
using Kind = Endpoint::Kind;

// A server on a thread of its own that answers each request with its method, target and body.
class Serving {
 public:
  explicit Serving(const Endpoint& endpoint = {Kind::http, "127.0.0.1", 0, {}},
                   HttpLimits limits = {})
      : http_(
            server_.context(),
            [](const HttpRequest& request) { return echo(request); },
            [this](std::string_view why) { refusals_.emplace_back(why); },
            limits) {
    const auto error = http_.open(endpoint);
    REQUIRE_MESSAGE(!error.has_value(), error->message);
    server_.start();
  }

  ~Serving() { end(); }

  Endpoint endpoint() const { return http_.endpoints().front(); }

  // Ends it; then the refusals can be read.
  const std::vector<std::string>& end() {
    if (std::exchange(ended_, true)) return refusals_;
    server_.finish();
    http_.drain();
    return refusals_;
  }

 private:
  static HttpResponse echo(const HttpRequest& request) {
    HttpResponse response{.body = request.method + ' ' + request.target + ' ' + request.body};
    if (request.target == "/late") response.delay = 30ms;
    if (request.target == "/long") response.body = std::string(std::size_t{4} << 20, 'x');
    return response;
  }

  bool ended_ = false;
  std::vector<std::string> refusals_;
  Server server_{[](std::string_view) {}};
  HttpServer http_;
};

TEST_SUITE("concurrent") {
  TEST_CASE("a server answers one request after the other on one connection") {
    Serving serving;
    HttpClient client{serving.endpoint()};
    for (const char* body : {"a", "bb", ""}) {
      client.send(http_request("PUT", "/x", {}, body));
      const auto answer = client.receive();
      REQUIRE(answer.has_value());
      CHECK(answer->status == 200);
      CHECK(answer->body == std::string{"PUT /x "} + body);
    }
  }

  TEST_CASE("requests that come at once are answered in their order") {
    Serving serving;
    HttpClient client{serving.endpoint()};
    std::string all;
    for (int i = 0; i < 500; ++i) all += http_request("GET", "/" + std::to_string(i));
    client.send(all);
    for (int i = 0; i < 500; ++i) {
      const auto answer = client.receive();
      REQUIRE(answer.has_value());
      CHECK(answer->body == "GET /" + std::to_string(i) + " ");
    }
  }

  TEST_CASE("a Unix socket has mode 0600 and goes with the server") {
    const TempDir dir;
    const Endpoint endpoint{Kind::http_unix, {}, 0, dir.file("apm.socket")};
    Serving serving{endpoint};
    struct stat status {};
    REQUIRE(stat(endpoint.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
    HttpClient client{endpoint};
    client.send(http_request("GET", "/"));
    CHECK(client.receive()->body == "GET / ");
  }

  TEST_CASE("a client that waits for leave gets it, then sends its body") {
    Serving serving;
    HttpClient client{serving.endpoint()};
    client.send("PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    CHECK(client.receive()->status == 100);
    client.send("ab");
    CHECK(client.receive()->body == "PUT / ab");
  }

  TEST_CASE("a refused client gets its answer although it still sends, then the end") {
    Serving serving{{Kind::http, "127.0.0.1", 0, {}}, {.body_bytes = 1000}};
    HttpClient client{serving.endpoint()};
    client.send(http_request("PUT", "/", {}, std::string(std::size_t{3} << 20, 'x')));
    const auto answer = client.receive();
    REQUIRE(answer.has_value());
    CHECK(answer->status == 413);
    CHECK(answer->headers.at("connection") == "close");
    CHECK(client.closed());
    CHECK(serving.end().front().find("413") == 0);
  }

  TEST_CASE("a request that does not end in time gets 408") {
    Serving serving{{Kind::http, "127.0.0.1", 0, {}}, {.request = 20ms}};
    HttpClient client{serving.endpoint()};
    client.send("GET / HT");
    CHECK(client.receive()->status == 408);
    CHECK(client.closed());
  }

  TEST_CASE("a connection without requests is closed after its time, without a word") {
    Serving serving{{Kind::http, "127.0.0.1", 0, {}}, {.idle = 10ms}};
    HttpClient client{serving.endpoint()};
    CHECK(client.closed());
    CHECK(serving.end().empty());
  }

  TEST_CASE("a connection that ends within a request is told") {
    Serving serving;
    { HttpClient{serving.endpoint()}.send("PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"); }
    CHECK(serving.end() == std::vector<std::string>{"the connection ended within a request"});
  }

  TEST_CASE("a delayed answer comes after its time, and the connection goes on") {
    Serving serving;
    HttpClient client{serving.endpoint()};
    const auto begin = std::chrono::steady_clock::now();
    client.send(http_request("GET", "/late") + http_request("GET", "/next"));
    CHECK(client.receive()->body == "GET /late ");
    CHECK(std::chrono::steady_clock::now() - begin >= 30ms);
    CHECK(client.receive()->body == "GET /next ");
  }

  TEST_CASE("an answer that does not fit the socket at once comes whole") {
    Serving serving;
    HttpClient client{serving.endpoint()};
    client.send(http_request("GET", "/long"));
    CHECK(client.receive()->body.size() == std::size_t{4} << 20);
  }

  TEST_CASE("what was sent before the end is still answered") {
    Serving serving;
    HttpClient client{serving.endpoint()};
    client.send(http_request("GET", "/last"));
    serving.end();
    CHECK(client.receive()->body == "GET /last ");
  }
}

TEST_CASE("a port that is taken is an error that names the endpoint") {
  const Serving owner;
  Server server{[](std::string_view) {}};
  HttpServer late{
      server.context(), [](const HttpRequest&) { return HttpResponse{}; }, [](std::string_view) {}};
  const auto error = late.open(owner.endpoint());
  REQUIRE(error.has_value());
  CHECK(error->message ==
        "cannot listen on " + to_string(owner.endpoint()) + ": Address already in use");
}

}  // namespace
