#include "trace/agent_url.h"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/agent_socket.h"
#include "support/temp_dir.h"

namespace {

using pawl::test::TempDir;
using pawl::trace::AgentVariables;
using pawl::trace::choose_endpoint;
using pawl::trace::Endpoint;
using pawl::trace::parse_agent_url;
using pawl::trace::read_agent_variables;

constexpr const char* kNoSocket = "/no/such/apm.socket";

Endpoint chosen(const AgentVariables& environment) {
  std::vector<std::string> warnings;
  const auto endpoint = choose_endpoint("", environment, warnings, kNoSocket);
  REQUIRE(endpoint.ok());
  CHECK(warnings.empty());
  return *endpoint;
}

// What is said of a URL after the URL itself.
std::string refusal(const std::string& url) {
  const auto read = parse_agent_url(url);
  REQUIRE_FALSE(read.ok());
  const std::string& message = read.error().message;
  CHECK(message.find("URL \"") == 0);
  return message.substr(message.find("\": ") + 3);
}

TEST_CASE("a URL names a host and a port, or the path of a socket") {
  CHECK(*parse_agent_url("http://agent:8127") == Endpoint{"agent", 8127, {}});
  CHECK(*parse_agent_url("http://10.0.0.1") == Endpoint{"10.0.0.1", 8126, {}});
  CHECK(*parse_agent_url("http://10.0.0.1:1/") == Endpoint{"10.0.0.1", 1, {}});
  CHECK(*parse_agent_url("http://[::1]:65535") == Endpoint{"::1", 65535, {}});
  CHECK(*parse_agent_url("http://[fe80::1]") == Endpoint{"fe80::1", 8126, {}});
  CHECK(parse_agent_url("unix:///run/apm.sock")->socket_path == "/run/apm.sock");
}

TEST_CASE("a URL and its endpoint say the same") {
  for (const char* url :
       {"http://agent:8127", "http://[::1]:8126", "http://1.2.3.4:80", "unix:///run/apm.sock"})
    CHECK(to_string(*parse_agent_url(url)) == url);
}

TEST_CASE("a URL that is wrong is refused with the part, its value and what was expected") {
  CHECK(refusal("") == "text \"\" is not http://host:port or unix:///path");
  CHECK(refusal("agent:8126") == "text \"agent:8126\" is not http://host:port or unix:///path");
  CHECK(refusal("https://agent:8126") == "scheme \"https\" is not http or unix");
  CHECK(refusal("http://") == "host \"\" is not a host name or IP address");
  CHECK(refusal("http://a b") == "host \"a b\" is not a host name or IP address");
  CHECK(refusal("http://user@agent") == "host \"user@agent\" is not a host name or IP address");
  CHECK(refusal("http://agent/x") == "host \"agent/x\" is not a host name or IP address");
  CHECK(refusal("http://1.2.3") == "host \"1.2.3\" is not a host name or IP address");
  CHECK(refusal("http://[::g]") == "host \"::g\" is not an IPv6 address");
  CHECK(refusal("http://[::1") ==
        "host \"[::1\" is not a host with an optional port, as in [::1]:8126");
  CHECK(refusal("http://agent:") == "port \"\" is not a number from 1 to 65535");
  CHECK(refusal("http://agent:65536") == "port \"65536\" is not a number from 1 to 65535");
  CHECK(refusal("http://agent:80\n") == "port \"80?\" is not a number from 1 to 65535");
  CHECK(refusal("unix://relative") ==
        "path \"relative\" is not an absolute path, as in unix:///var/run/datadog/apm.socket");
  CHECK(refusal("unix:///" + std::string(107, 'x')).find("is not at most 107 bytes long") !=
        std::string::npos);
  CHECK(refusal("http://" + std::string(254, 'x')).size() < 300);
}

TEST_CASE("the option wins over the environment, and its mistake is an error") {
  std::vector<std::string> warnings;
  const AgentVariables environment{"http://other:1", "another", "2"};
  CHECK(choose_endpoint("http://mine:3", environment, warnings)->host == "mine");
  const auto wrong = choose_endpoint("mine", environment, warnings);
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().message ==
        "TracerOptions::agent_url: URL \"mine\": text \"mine\" is not http://host:port or "
        "unix:///path");
  CHECK(warnings.empty());
}

TEST_CASE("the environment's URL comes before its host and port, each of which may be alone") {
  CHECK(chosen({"http://url:1", "host", "2"}) == Endpoint{"url", 1, {}});
  CHECK(chosen({"", "host", "2"}) == Endpoint{"host", 2, {}});
  CHECK(chosen({"", "host", ""}) == Endpoint{"host", 8126, {}});
  CHECK(chosen({"", "", "2"}) == Endpoint{"localhost", 2, {}});
  CHECK(chosen({"", "::1", "2"}) == Endpoint{"::1", 2, {}});
  CHECK(chosen({"", "::1", ""}) == Endpoint{"::1", 8126, {}});
}

TEST_CASE("mistakes of the environment are warnings, and the next place is taken") {
  std::vector<std::string> warnings;
  CHECK(choose_endpoint("", {"ftp://x", "host", "x"}, warnings, kNoSocket)->host == "localhost");
  REQUIRE(warnings.size() == 2);
  CHECK(warnings[0] ==
        "DD_TRACE_AGENT_URL is not used: URL \"ftp://x\": scheme \"ftp\" is not http or unix");
  CHECK(warnings[1] ==
        "DD_AGENT_HOST and DD_TRACE_AGENT_PORT are not used: URL \"http://host:x\": port \"x\" is "
        "not a number from 1 to 65535");
}

TEST_CASE("the usual socket is taken if it is one") {
  const TempDir dir;
  const std::string path = dir.file("apm.socket");
  std::vector<std::string> warnings;
  CHECK(choose_endpoint("", {}, warnings, path)->socket_path.empty());
  const auto socket = pawl::test::bind_unix(SOCK_STREAM, path);
  CHECK(choose_endpoint("", {}, warnings, path)->socket_path == path);
  CHECK(choose_endpoint("", {"", "host", ""}, warnings, path)->host == "host");
}

TEST_CASE("three variables of the environment are read, as they are") {
  const std::map<std::string, std::string> set = {
      {"DD_TRACE_AGENT_URL", "a"}, {"DD_AGENT_HOST", "b"}, {"DD_TRACE_AGENT_PORT", "c"}};
  const auto read = read_agent_variables([&](const char* name) {
    const auto found = set.find(name);
    return found == set.end() ? nullptr : found->second.c_str();
  });
  CHECK(read.url == "a");
  CHECK(read.host == "b");
  CHECK(read.port == "c");
  CHECK(read_agent_variables([](const char*) -> const char* { return nullptr; }).url.empty());
}

}  // namespace
