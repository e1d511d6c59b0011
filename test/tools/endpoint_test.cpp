#include "tools/endpoint.h"

#include <string>

#include <doctest/doctest.h>

namespace {

using pawl::tools::Endpoint;
using pawl::tools::parse_endpoint;
using Kind = Endpoint::Kind;

std::string url_of(const std::string& text) {
  const auto endpoint = parse_endpoint(text);
  return endpoint ? to_string(*endpoint) : endpoint.error().message;
}

TEST_CASE("a UDP endpoint is a loopback address with a port") {
  CHECK(url_of("udp://127.0.0.1:9125") == "udp://127.0.0.1:9125");
  CHECK(url_of("udp://127.3.2.1:0") == "udp://127.3.2.1:0");
  CHECK(url_of("udp://[::1]:9125") == "udp://[::1]:9125");
  CHECK(url_of("udp://localhost:1") == "udp://localhost:1");
}

TEST_CASE("the port is 8125 and the scheme udp when none is written") {
  CHECK(url_of("udp://127.0.0.1") == "udp://127.0.0.1:8125");
  CHECK(url_of("[::1]") == "udp://[::1]:8125");
  CHECK(url_of("::1") == "udp://[::1]:8125");
  CHECK(url_of("localhost") == "udp://localhost:8125");
}

TEST_CASE("unix:// listens on a datagram socket") {
  CHECK(url_of("unix:///run/d.sock") == "unixgram:///run/d.sock");
  CHECK(url_of("unixgram:///run/d.sock") == "unixgram:///run/d.sock");
  CHECK(url_of("unixstream:///run/s.sock") == "unixstream:///run/s.sock");
}

TEST_CASE("http:// and http+unix:// serve the trace intake, on port 8126 when none is written") {
  CHECK(url_of("http://127.0.0.1:0") == "http://127.0.0.1:0");
  CHECK(url_of("http://localhost") == "http://localhost:8126");
  CHECK(url_of("http://[::1]:9126/") == "http://[::1]:9126");
  CHECK(url_of("http+unix:///run/apm.socket") == "http+unix:///run/apm.socket");
  CHECK(url_of("http://10.0.0.1:8126").find("not a loopback address") != std::string::npos);
  CHECK(url_of("http://").find("expected a numeric address") != std::string::npos);
}

TEST_CASE("an address that the network reaches is refused") {
  for (const char* text : {"udp://0.0.0.0:8125",
                           "udp://10.0.0.1:8125",
                           "udp://[::]:8125",
                           "udp://[fe80::1]:8125",
                           "udp://[::ffff:10.0.0.1]:8125"}) {
    CAPTURE(text);
    CHECK(url_of(text) == "cannot listen on \"" + std::string{text} +
                              "\": not a loopback address; others must not reach a listener");
  }
}

TEST_CASE("an endpoint that makes no sense is refused by its text") {
  for (const char* text : {"",
                           "udp://",
                           "udp://host.example:1",
                           "udp://127.0.0.1:",
                           "udp://:8125",
                           "udp://127.0.0.1:65536",
                           "udp://127.0.0.1:-1",
                           "udp://127.0.0.1:8x",
                           "udp://[::1",
                           "udp://[::1]x",
                           "udp://[::1]:",
                           "tcp://127.0.0.1:1",
                           "https://localhost",
                           "unix://",
                           "unix://relative",
                           "unixstream://a/b"}) {
    CAPTURE(text);
    const auto endpoint = parse_endpoint(text);
    REQUIRE_FALSE(endpoint.ok());
    CHECK(endpoint.error().message.find('"' + std::string{text} + '"') != std::string::npos);
  }
}

TEST_CASE("a socket's path has at most 107 bytes") {
  const std::string path = "/" + std::string(106, 'x');
  CHECK(parse_endpoint("unix://" + path).ok());
  CHECK_FALSE(parse_endpoint("unix://" + path + "x").ok());
}

}  // namespace
