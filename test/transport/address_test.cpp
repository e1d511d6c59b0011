#include "transport/address.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace {

using pawl::transport::Address;
using pawl::transport::parse_address;
using Kind = pawl::transport::Address::Kind;

Address udp(std::string host, std::uint16_t port) { return {Kind::udp, std::move(host), port, {}}; }
Address at_path(Kind kind, std::string path) { return {kind, {}, 0, std::move(path)}; }

TEST_CASE("every documented form of an address is read") {
  const struct {
    std::string_view text;
    Address address;
  } rows[] = {
      {"udp://10.0.0.1:8125", udp("10.0.0.1", 8125)},
      {"udp://agent.local:1", udp("agent.local", 1)},
      {"udp://agent:65535", udp("agent", 65535)},
      {"udp://agent", udp("agent", 8125)},
      {"udp://[::1]:9", udp("::1", 9)},
      {"udp://[fe80::1]", udp("fe80::1", 8125)},
      {"localhost", udp("localhost", 8125)},
      {"localhost:9125", udp("localhost", 9125)},
      {"datadog-agent_1.svc.cluster.local.", udp("datadog-agent_1.svc.cluster.local.", 8125)},
      {"[::1]:9125", udp("::1", 9125)},
      {"[::1]", udp("::1", 8125)},
      {"::1", udp("::1", 8125)},
      {"2001:db8::7", udp("2001:db8::7", 8125)},
      {"unix:///var/run/datadog/dsd.socket",
       at_path(Kind::unix_any, "/var/run/datadog/dsd.socket")},
      {"unixgram:///a b", at_path(Kind::unix_datagram, "/a b")},
      {"unixstream:///d/s", at_path(Kind::unix_stream, "/d/s")},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto parsed = parse_address(row.text);
    REQUIRE(parsed.ok());
    CHECK(*parsed == row.address);
  }
}

TEST_CASE("an address written back is read as the same address") {
  for (const std::string_view text : {"udp://10.0.0.1:8125",
                                      "udp://[::1]:9125",
                                      "udp://agent:1",
                                      "unix:///a",
                                      "unixgram:///a/b",
                                      "unixstream:///c"}) {
    const auto parsed = parse_address(text);
    REQUIRE(parsed.ok());
    CHECK(to_string(*parsed) == text);
  }
}

TEST_CASE("a wrong address is refused with the text, the part and what was expected") {
  const struct {
    std::string_view text;
    std::string_view part;
    std::string_view expected;
  } rows[] = {
      {"", "text \"\"", "udp://host:port"},
      {"/var/run/dsd.socket", "text \"/var/run/dsd.socket\"", "unix:///path"},
      {"http://agent:8126", "scheme \"http\"", "udp, unix, unixgram or unixstream"},
      {"UDP://agent", "scheme \"UDP\"", "udp, unix"},
      {"udp://", "host \"\"", "a host name or IP address"},
      {"udp://:8125", "host \"\"", "a host name or IP address"},
      {"udp://agent:", "port \"\"", "1 to 65535"},
      {"udp://agent:0", "port \"0\"", "1 to 65535"},
      {"udp://agent:65536", "port \"65536\"", "1 to 65535"},
      {"udp://agent:99999999999999999999", "port \"9999", "1 to 65535"},
      {"udp://agent:+1", "port \"+1\"", "1 to 65535"},
      {"udp://agent:8125/", "port \"8125/\"", "1 to 65535"},
      {"agent:81 25", "port \"81 25\"", "1 to 65535"},
      {"agent host", "host \"agent host\"", "a host name or IP address"},
      {"agent..local", "host \"agent..local\"", "a host name or IP address"},
      {"-agent", "host \"-agent\"", "a host name or IP address"},
      {"user@agent", "host \"user@agent\"", "a host name or IP address"},
      {"300.1.1.1", "host \"300.1.1.1\"", "a host name or IP address"},
      {"10.0.0", "host \"10.0.0\"", "a host name or IP address"},
      {"[::1", "host \"[::1\"", "[::1]:8125"},
      {"[::1]8125", "host \"[::1]8125\"", "[::1]:8125"},
      {"[agent]:1", "host \"agent\"", "an IPv6 address"},
      {"[10.0.0.1]:1", "host \"10.0.0.1\"", "an IPv6 address"},
      {"1::2::3", "host \"1::2::3\"", "an IPv6 address"},
      {"unix://", "path \"\"", "an absolute path"},
      {"unix:///", "path \"/\"", "an absolute path"},
      {"unix://relative", "path \"relative\"", "an absolute path"},
      {"unixgram:///a\n", "path \"/a?\"", "an absolute path"},
  };
  for (const auto& row : rows) {
    INFO(row.text);
    const auto parsed = parse_address(row.text);
    REQUIRE(!parsed.ok());
    const std::string& message = parsed.error().message;
    INFO(message);
    CHECK(message.starts_with("address \""));
    CHECK(message.find(row.part) != std::string::npos);
    CHECK(message.find(row.expected) != std::string::npos);
  }
}

TEST_CASE("a path fits the kernel's 107 bytes or is refused") {
  const std::string longest = '/' + std::string(106, 'a');
  CHECK(parse_address("unix://" + longest).ok());
  const auto longer = parse_address("unix://" + longest + 'a');
  REQUIRE(!longer.ok());
  CHECK(longer.error().message.find("at most 107 bytes") != std::string::npos);
}

TEST_CASE("an error message is one short line whatever the text holds") {
  const auto parsed = parse_address("udp://\x01\n\xff" + std::string(100'000, 'a'));
  REQUIRE(!parsed.ok());
  CHECK(parsed.error().message.size() < 400);
  CHECK(parsed.error().message.find('\n') == std::string::npos);
}

}  // namespace
