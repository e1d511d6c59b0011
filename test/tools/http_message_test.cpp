#include "tools/http_message.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::tools::HttpLimits;
using pawl::tools::HttpReader;
using pawl::tools::HttpRequest;
using pawl::tools::to_bytes;
using State = HttpReader::State;

constexpr HttpLimits kSmall{.head_bytes = 200, .body_bytes = 10};

HttpRequest read(const std::string& bytes) {
  HttpReader reader{HttpLimits{}};
  REQUIRE(reader.feed(bytes) == State::whole);
  return reader.take();
}

// The status of the refusal, 0 while there is none.
int status_of(const std::string& bytes, const HttpLimits& limits = kSmall) {
  HttpReader reader{limits};
  return reader.feed(bytes) == State::refused ? reader.refusal().status : 0;
}

TEST_CASE("a request has a method, a target, headers in lower case and a body") {
  const HttpRequest request = read(
      "PUT /v0.4/traces?x=1 HTTP/1.1\r\nHost: a\r\nX-Count:  2 \r\nContent-Length: 3\r\n\r\nabc");
  CHECK(request.method == "PUT");
  CHECK(request.target == "/v0.4/traces?x=1");
  CHECK(request.header("x-count") == "2");
  CHECK(request.header("none") == "");
  CHECK(request.body == "abc");
  CHECK(request.keep_alive);
}

TEST_CASE("a request may come in pieces of any size") {
  const std::string bytes =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    HttpReader reader{HttpLimits{}};
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      CHECK(reader.state() == State::partial);
      reader.feed(bytes.substr(at, size));
    }
    REQUIRE(reader.state() == State::whole);
    CHECK(reader.take().body == "abc0123456789");
    CHECK_FALSE(reader.begun());
  }
}

TEST_CASE("what follows a request is the next one") {
  HttpReader reader{HttpLimits{}};
  reader.feed("GET /a HTTP/1.1\r\n\r\n\r\nGET /b HTTP/1.1\r\nConnection: close\r\n\r\nGET /c");
  CHECK(reader.take().target == "/a");
  REQUIRE(reader.state() == State::whole);
  const HttpRequest second = reader.take();
  CHECK(second.target == "/b");
  CHECK_FALSE(second.keep_alive);
  CHECK(reader.state() == State::partial);
  CHECK(reader.begun());
}

TEST_CASE("a client that waits for leave to send its body is heard once") {
  HttpReader reader{HttpLimits{}};
  reader.feed("PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  CHECK(reader.take_expectation());
  CHECK_FALSE(reader.take_expectation());
  CHECK(reader.feed("ab") == State::whole);
}

struct Refused {
  std::string bytes;
  int status;
};

TEST_CASE("what is no request is refused with the status that says why") {
  const std::vector<Refused> table{
      {"GET\r\n\r\n", 400},
      {"GET /\r\n\r\n", 400},
      {"G@T / HTTP/1.1\r\n\r\n", 400},
      {"GET / / HTTP/1.1\r\n\r\n", 400},
      {"GET http://a/ HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\n\r\n", 505},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nspace : x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n folded\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\na: b\x01\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(300, '1'), 400},
  };
  for (const Refused& refused : table) {
    CAPTURE(refused.bytes);
    CHECK(status_of(refused.bytes) == refused.status);
  }
}

TEST_CASE("a head, a body or trailers beyond the limit are refused before they are whole") {
  const std::string head = "GET / HTTP/1.1\r\n";
  CHECK(status_of(head + "a: " + std::string(200, 'x')) == 431);
  CHECK(status_of(head + "Content-Length: 10\r\n\r\n") == 0);
  CHECK(status_of(head + "Content-Length: 11\r\n\r\n") == 413);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n";
  CHECK(status_of(chunked + "4\r\n") == 0);
  CHECK(status_of(chunked + "5\r\n") == 413);
  CHECK(status_of(chunked + "ffffffffffffffff\r\n") == 413);
  CHECK(status_of(chunked + "0\r\na: " + std::string(200, 'x')) == 431);
}

TEST_CASE("a request of HTTP/1.0 closes its connection") {
  CHECK_FALSE(read("GET / HTTP/1.0\r\n\r\n").keep_alive);
}

TEST_CASE("a response says its status, its type and its length, and whether it closes") {
  CHECK(to_bytes({.status = 429, .body = "no", .headers = {{"A", "b"}}}, true) ==
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nA: b\r\n\r\nno");
  CHECK(to_bytes({.status = 599}, false) ==
        "HTTP/1.1 599 Status\r\nContent-Type: application/json\r\n"
        "Content-Length: 2\r\nConnection: close\r\n\r\n{}");
}

}  // namespace
