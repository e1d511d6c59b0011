#include "trace/http.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/environment_reads.h"
#include "support/http_peer.h"
#include "transport/descriptors.h"

namespace {

using pawl::test::HttpPeer;
using pawl::trace::Answer;
using pawl::trace::Header;
using pawl::trace::Http;
using pawl::trace::HttpRequest;
using pawl::trace::parse_agent_url;
using std::string_view;
using namespace std::chrono_literals;
using Failure = Answer::Failure;
using Step = HttpPeer::Step;

constexpr HttpPeer::Kind kKinds[] = {
    HttpPeer::Kind::tcp_v4, HttpPeer::Kind::tcp_v6, HttpPeer::Kind::unix_socket};

// More than any answer here takes, unless it never comes.
constexpr auto kLong = 30s;
// How late a deadline may be seen, with other work on the machine.
constexpr auto kMargin = 1'500ms;

std::vector<HttpPeer::Kind> kinds() {
  if (pawl::test::has_ipv6()) return {std::begin(kKinds), std::end(kKinds)};
  MESSAGE("skipped: no IPv6 here");
  return {HttpPeer::Kind::tcp_v4, HttpPeer::Kind::unix_socket};
}

struct Called {
  explicit Called(HttpPeer::Kind kind = HttpPeer::Kind::tcp_v4) : peer(kind) {}
  HttpPeer peer;
  Http http{*parse_agent_url(peer.url())};

  Answer get(std::chrono::milliseconds timeout = kLong) {
    return http.request({}, std::chrono::steady_clock::now() + timeout);
  }
  Answer put(std::vector<string_view> body, std::chrono::milliseconds timeout = kLong) {
    const HttpRequest request{"PUT", "/v0.4/traces", {}, body};
    return http.request(request, std::chrono::steady_clock::now() + timeout);
  }
};

HttpPeer::Script steps(std::vector<Step> what) { return {std::move(what)}; }

TEST_CASE("a request and its answer arrive whole, over IPv4, IPv6 and a Unix socket") {
  for (const auto kind : kinds()) {
    Called called{kind};
    called.peer.always(HttpPeer::reply(200, "{\"a\":1}", "datadog-rates-payload-version: v7\r\n"));
    const Header headers[] = {{"X-Datadog-Trace-Count", "2"}};
    const string_view body[] = {"one", "", "two"};
    const Answer answer = called.http.request({"PUT", "/v0.4/traces", headers, body},
                                              std::chrono::steady_clock::now() + kLong);
    CHECK(answer.status == 200);
    CHECK(answer.body == "{\"a\":1}");
    CHECK(answer.rates_version == "v7");
    const auto requests = called.peer.requests();
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].method == "PUT");
    CHECK(requests[0].path == "/v0.4/traces");
    CHECK(requests[0].body == "onetwo");
    CHECK(requests[0].header("x-datadog-trace-count") == "2");
    CHECK(requests[0].header("content-length") == "6");
    CHECK_FALSE(requests[0].has("expect"));
    CHECK_FALSE(requests[0].has("transfer-encoding"));
  }
}

TEST_CASE("localhost is looked for at both loopbacks") {
  for (const auto kind : kinds()) {
    if (kind == HttpPeer::Kind::unix_socket) continue;
    HttpPeer peer{kind};
    const std::string url = peer.url();
    Http http{*parse_agent_url("http://localhost" + url.substr(url.rfind(':')))};
    CHECK(http.request({}, std::chrono::steady_clock::now() + kLong).status == 200);
  }
}

TEST_CASE("a body of many megabytes arrives as it is") {
  for (const auto kind : kinds()) {
    Called called{kind};
    std::string text(std::size_t{9} << 20, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7919 >> 3);
    CHECK(called.put({string_view{text}.substr(0, 12'345), string_view{text}.substr(12'345)})
              .status == 200);
    CHECK(called.peer.requests().at(0).body == text);
  }
}

TEST_CASE("one connection serves many requests") {
  for (const auto kind : kinds()) {
    Called called{kind};
    CHECK(called.get().connected);
    for (int i = 0; i < 20; ++i) CHECK_FALSE(called.put({"x"}).connected);
    CHECK(called.get().status == 200);
    CHECK(called.peer.connections() == 1);
  }
}

TEST_CASE("a server that closes after each answer is connected to again, and loses no request") {
  Called called;
  called.peer.always(steps({{Step::Kind::send, HttpPeer::answer(200)}, {Step::Kind::close}}));
  for (int i = 0; i < 20; ++i) CHECK(called.put({"x", "y"}).status == 200);
  CHECK(called.peer.requests().size() == 20);
  for (const auto& request : called.peer.requests()) CHECK(request.body == "xy");
}

TEST_CASE("a server that comes back is found again") {
  for (const auto kind : kinds()) {
    Called called{kind};
    CHECK(called.get().status == 200);
    called.peer.stop();
    CHECK(called.get().failure == Failure::unreachable);
    called.peer.start();
    const Answer answer = called.get();
    CHECK(answer.status == 200);
    CHECK(answer.connected);
  }
}

TEST_CASE("every final status is given as it is") {
  Called called;
  for (int status = 200; status <= 599; ++status) {
    called.peer.next(HttpPeer::reply(status));
    CHECK(called.get().status == status);
  }
}

TEST_CASE("a redirect is not followed") {
  Called called;
  HttpPeer elsewhere;
  called.peer.always(HttpPeer::reply(307, "", "Location: " + elsewhere.url() + "/\r\n"));
  CHECK(called.get().status == 307);
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("a status that only announces an answer is none") {
  for (const int status : {100, 102, 103, 150, 199}) {
    Called called;
    called.peer.always(steps({{Step::Kind::send, HttpPeer::answer(status)}, {Step::Kind::close}}));
    const Answer answer = called.get();
    CHECK(answer.status == 0);
    CHECK(answer.failure == Failure::unreachable);
    called.peer.always(
        steps({{Step::Kind::send, HttpPeer::answer(status) + HttpPeer::answer(202)}}));
    CHECK(called.get().status == 202);
  }
}

TEST_CASE("a deadline holds whatever the server does instead of answering") {
  const std::vector<Step> courses[] = {
      {{Step::Kind::hold}},
      {{Step::Kind::trickle, HttpPeer::answer(200), 200ms}},
      {{Step::Kind::send, "HTTP/1.1 200 OK"}, {Step::Kind::hold}},
  };
  for (const auto& course : courses) {
    Called called;
    called.peer.always(steps(course));
    const auto start = std::chrono::steady_clock::now();
    const Answer answer = called.put({"x"}, 300ms);
    CHECK(answer.status == 0);
    CHECK(answer.failure == Failure::timed_out);
    CHECK(std::chrono::steady_clock::now() - start < 300ms + kMargin);
  }
}

TEST_CASE("a request that times out on a connection that was kept is not made again") {
  Called called;
  CHECK(called.get().connected);
  called.peer.always(steps({{Step::Kind::hold}}));
  const Answer answer = called.put({"x"}, 300ms);
  CHECK(answer.failure == Failure::timed_out);
  CHECK(answer.kept);
  CHECK(called.peer.requests().size() == 2);
}

TEST_CASE("a request after its deadline is not made") {
  Called called;
  CHECK(called.get(0ms).failure == Failure::timed_out);
  CHECK(called.get(-1ms).failure == Failure::timed_out);
  CHECK(called.peer.connections() == 0);
}

TEST_CASE("a server that does not read holds nobody beyond the deadline") {
  Called called;
  called.peer.always({{{Step::Kind::hold}}, true});
  const std::string text(std::size_t{64} << 20, 'x');
  const auto start = std::chrono::steady_clock::now();
  CHECK(called.put({text}, 300ms).failure == Failure::timed_out);
  CHECK(std::chrono::steady_clock::now() - start < 300ms + kMargin);
}

TEST_CASE("the status decides, and what is torn, late or endless behind it is left") {
  const std::string ok = "HTTP/1.1 202 Accepted\r\n";
  const std::string many(1'000, 'x');
  const std::string endless_chunk = "3e8\r\n" + many + "\r\n";
  const std::vector<Step> courses[] = {
      {{Step::Kind::send, ok + "Content-Length: 9\r\n\r\nabc"}, {Step::Kind::close}},
      {{Step::Kind::send, ok + "Content-Length: 9\r\n\r\nabc"}, {Step::Kind::reset}},
      {{Step::Kind::send, ok + "Content-Length: 9\r\n\r\nabc"}, {Step::Kind::hold}},
      {{Step::Kind::send, ok + "Content-Length: 9\r\n\r\n"},
       {Step::Kind::trickle, "abcdefghi", 1'000ms}},
      {{Step::Kind::send, ok + "Content-Length: 1073741824\r\n\r\n"},
       {Step::Kind::send_forever, many}},
      {{Step::Kind::send, ok + "\r\n"}, {Step::Kind::send_forever, many}},
      {{Step::Kind::send, ok + "Transfer-Encoding: chunked\r\n\r\n"},
       {Step::Kind::send_forever, endless_chunk}},
      {{Step::Kind::send, ok + "Transfer-Encoding: chunked\r\n\r\nnot hex\r\n"},
       {Step::Kind::hold}},
      {{Step::Kind::send, ok}, {Step::Kind::send_forever, "X-A: " + many + "\r\n"}},
  };
  for (const auto& course : courses) {
    Called called;
    called.peer.always(steps(course));
    const Answer answer = called.get(700ms);
    CHECK(answer.status == 202);
    CHECK(answer.body.empty());
    // The broken connection is not used again.
    called.peer.always(HttpPeer::reply(200, "next"));
    CHECK(called.get().body == "next");
  }
}

TEST_CASE("an answer at its caps is read, and one beyond is not") {
  Called called;
  called.peer.next(HttpPeer::reply(200, std::string(Http::kMostBodyBytes, 'b')));
  CHECK(called.get().body.size() == Http::kMostBodyBytes);
  called.peer.next(HttpPeer::reply(200, std::string(Http::kMostBodyBytes + 1, 'b')));
  CHECK(called.get().body.empty());
  const std::size_t own = HttpPeer::answer(200, "", "X: \r\n").size();
  called.peer.next(
      HttpPeer::reply(200, "y", "X: " + std::string(Http::kMostHeaderBytes - own, 'h') + "\r\n"));
  CHECK(called.get().body == "y");
  called.peer.next(
      HttpPeer::reply(200, "y", "X: " + std::string(Http::kMostHeaderBytes, 'h') + "\r\n"));
  const Answer answer = called.get();
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

TEST_CASE("what is not HTTP is told apart from no answer") {
  for (const char* text : {"SSH-2.0-OpenSSH_9.2\r\n", "\n\n\n", "HTTP/9.9 200 OK\r\n\r\n", "{}"}) {
    Called called;
    called.peer.always(steps({{Step::Kind::send, text}, {Step::Kind::close}}));
    const Answer answer = called.get();
    CHECK(answer.status == 0);
    CHECK(answer.failure == Failure::not_http);
  }
}

TEST_CASE("a connection that breaks before the status is unreachable") {
  for (const auto end : {Step::Kind::close, Step::Kind::reset}) {
    Called called;
    called.peer.always(steps({{end}}));
    CHECK(called.put({"x"}).failure == Failure::unreachable);
  }
}

TEST_CASE("an answer that comes before the body was sent is taken") {
  for (const auto kind : kinds()) {
    Called called{kind};
    called.peer.next({{{Step::Kind::send, HttpPeer::answer(413)}}, true});
    const std::string text(std::size_t{8} << 20, 'x');
    CHECK(called.put({text}).status == 413);
    CHECK(called.put({"y"}).status == 200);
  }
}

TEST_CASE("a header with a value that could be another header is left out") {
  Called called;
  const Header headers[] = {
      {"A", "1\r\nB: 2"}, {"C", "3\n"}, {"D", ""}, {"E", "\xc3\xa9"}, {"F", "4"}};
  called.http.request({"GET", "/", headers, {}}, std::chrono::steady_clock::now() + kLong);
  const auto request = called.peer.requests().at(0);
  for (const char* name : {"a", "b", "c", "d", "e"}) CHECK_FALSE(request.has(name));
  CHECK(request.header("f") == "4");
}

TEST_CASE("the environment's proxies are not asked") {
  HttpPeer proxy;
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"})
    ::setenv(name, proxy.url().c_str(), 1);
  Called called;
  const Answer answer = called.get();
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
  CHECK(answer.status == 200);
  CHECK(proxy.connections() == 0);
}

TEST_CASE("requests read nothing of the environment") {
  PAWL_SKIP_UNDER_SANITIZER();
  const pawl::test::EnvironmentReads all;
  static_cast<void>(std::getenv("PATH"));
  CHECK(all.count() == 1);  // the counter counts
  for (const auto kind : kinds()) {
    Called called{kind};
    const pawl::test::EnvironmentReads reads;
    CHECK(called.get().status == 200);
    called.peer.stop();
    CHECK(called.put({"x"}).failure == Failure::unreachable);
    CHECK(reads.count() == 0);
  }
}

TEST_CASE("its descriptors end with it, and none is inherited by a program that is run") {
  const auto before = pawl::test::open_descriptors();
  {
    HttpPeer peer;
    const auto with_peer = pawl::test::open_descriptors();
    Http http{*parse_agent_url(peer.url())};
    for (int i = 0; i < 50; ++i) {
      peer.next(steps({{i % 2 == 0 ? Step::Kind::close : Step::Kind::reset}}));
      http.request({}, std::chrono::steady_clock::now() + kLong);
    }
    peer.next(HttpPeer::reply(200));
    CHECK(http.request({}, std::chrono::steady_clock::now() + kLong).status == 200);
    std::size_t connections = 0;
    for (const int number : pawl::test::opened_since(with_peer)) {
      int family = 0;
      socklen_t size = sizeof family;
      ::getsockopt(number, SOL_SOCKET, SO_DOMAIN, &family, &size);
      if (family != AF_INET) continue;  // libcurl's own, joined to itself
      CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
      ++connections;
    }
    CHECK(connections == 2);  // both ends
  }
  CHECK(pawl::test::opened_since(before).empty());
}

TEST_CASE("a broken connection raises no SIGPIPE, and the program's handlers stay") {
  struct sigaction before {};
  ::sigaction(SIGPIPE, nullptr, &before);
  static std::atomic<int> raised{0};
  struct sigaction counting {};
  counting.sa_handler = [](int) { ++raised; };
  ::sigaction(SIGPIPE, &counting, nullptr);
  for (const auto kind : kinds()) {
    Called called{kind};
    called.peer.always({{{Step::Kind::close}}, true});
    const std::string text(std::size_t{4} << 20, 'x');
    CHECK(called.put({text}).failure == Failure::unreachable);
  }
  struct sigaction now {};
  ::sigaction(SIGPIPE, &before, &now);
  CHECK(raised == 0);
  const bool kept = now.sa_handler == counting.sa_handler;
  CHECK(kept);
}

TEST_CASE("a child of a fork makes its own connection and leaves the parent's alone") {
  for (const auto kind : kinds()) {
    Called called{kind};
    CHECK(called.get().status == 200);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      called.http.start_over_in_child();
      const Answer answer = called.put({"child"});
      ::_exit(answer.status == 200 && answer.connected ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK_FALSE(called.put({"parent"}).connected);
    CHECK(called.peer.connections() == 2);
  }
}

TEST_CASE("a fork in the middle of a request leaves the child with a clean start") {
  Called called;
  called.peer.next(steps({{Step::Kind::hold}, {Step::Kind::send, HttpPeer::answer(200)}}));
  std::thread other{[&] { CHECK(called.put({"parent"}).status == 200); }};
  REQUIRE(called.peer.wait_for(1));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    called.http.start_over_in_child();
    const Answer answer = called.put({"child"});
    ::_exit(answer.status == 200 && answer.connected ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  called.peer.release();
  other.join();
}

}  // namespace

TEST_SUITE("concurrent") {
  TEST_CASE("requests go on while the program changes its environment") {
    Called called;
    std::atomic<bool> done{false};
    std::thread storm{[&] {
      for (int i = 0; !done; ++i) {
        const std::string name = "PAWL_STORM_" + std::to_string(i % 500);
        ::setenv(name.c_str(), std::string(static_cast<std::size_t>(i % 100), 'x').c_str(), 1);
        if (i % 3 == 0) ::unsetenv(name.c_str());
      }
    }};
    called.peer.always(steps({{Step::Kind::send, HttpPeer::answer(200)}, {Step::Kind::close}}));
    for (int i = 0; i < 300; ++i) CHECK(called.put({"x"}).status == 200);
    done = true;
    storm.join();
    for (int i = 0; i < 500; ++i) ::unsetenv(("PAWL_STORM_" + std::to_string(i)).c_str());
  }
}
