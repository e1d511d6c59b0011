#include "client/plan.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/memory_client.h"
#include "support/agent_socket.h"
#include "support/fake_agent.h"
#include "support/temp_dir.h"

namespace {

using pawl::Cardinality;
using pawl::Options;
using pawl::Switch;
using pawl::client::make_plan;
using pawl::client::Plan;
using pawl::client::Surroundings;
using pawl::test::FakeAgent;
using pawl::test::quiet_options;
using pawl::test::TempDir;

// Nothing is there: no socket, no files of /proc.
Surroundings nowhere() {
  Surroundings around;
  around.default_socket = "/nonexistent/dsd.socket";
  around.proc = {.cgroup = "/nonexistent",
                 .mountinfo = "/nonexistent",
                 .cgroup_namespace = "/nonexistent",
                 .cgroup_mount = "/nonexistent"};
  return around;
}

Plan plan(Options options, Surroundings around) {
  auto made = make_plan(std::move(options), std::move(around));
  REQUIRE(made.ok());
  return std::move(*made);
}

// Tells whether a line sent by the plan's transport arrives.
bool arrives(const Plan& made, FakeAgent& agent) {
  const std::string_view line = "here:1|c\n";
  made.transport->send({&line, 1});
  const bool came = agent.wait_for(1);
  agent.take_payloads();
  return came;
}

TEST_CASE("the address of the options is the first choice") {
  FakeAgent agent{FakeAgent::Kind::udp_v4};
  auto around = nowhere();
  around.environment.url = "unix:///somewhere/else";
  around.environment.agent_host = "10.255.255.1";
  auto options = quiet_options();
  options.address = agent.url();
  CHECK(arrives(plan(options, around), agent));
}

TEST_CASE("DD_DOGSTATSD_URL is the second choice") {
  FakeAgent agent{FakeAgent::Kind::unix_stream};
  auto around = nowhere();
  around.environment.url = "unix://" + agent.path();
  around.environment.agent_host = "10.255.255.1";
  CHECK(arrives(plan(quiet_options(), around), agent));
}

TEST_CASE("DD_AGENT_HOST with DD_DOGSTATSD_PORT is the third choice") {
  FakeAgent agent{FakeAgent::Kind::udp_v4};
  FakeAgent other{FakeAgent::Kind::unix_datagram};
  auto around = nowhere();
  around.default_socket = other.path();
  around.environment.agent_host = "127.0.0.1";
  around.environment.port = std::to_string(agent.port());
  CHECK(arrives(plan(quiet_options(), around), agent));
}

TEST_CASE("a bare IPv6 address may stand in DD_AGENT_HOST") {
  FakeAgent agent{FakeAgent::Kind::udp_v6};
  auto around = nowhere();
  around.environment.agent_host = "::1";
  around.environment.port = std::to_string(agent.port());
  CHECK(arrives(plan(quiet_options(), around), agent));
}

TEST_CASE("DD_DOGSTATSD_PORT alone is a port of this machine") {
  FakeAgent agent{FakeAgent::Kind::udp_v4};
  auto around = nowhere();
  around.environment.port = std::to_string(agent.port());
  const Plan made = plan(quiet_options(), around);
  CHECK(made.transport->name() == "udp");
  CHECK(made.warnings.empty());
}

TEST_CASE("the default socket is the fourth choice, if it is there") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  auto around = nowhere();
  around.default_socket = agent.path();
  CHECK(arrives(plan(quiet_options(), around), agent));
}

TEST_CASE("a file at the default socket's path that is no socket is not chosen") {
  auto around = nowhere();
  around.default_socket = "/dev/null";
  CHECK(plan(quiet_options(), around).transport->name() == "udp");
}

TEST_CASE("with nothing said and no socket there it is UDP on this machine") {
  const Plan made = plan(quiet_options(), nowhere());
  CHECK(made.transport->name() == "udp");
  CHECK(made.transport->max_datagram_bytes() == 1432);
}

TEST_CASE("an odd address in the environment is a warning, and the next choice is taken") {
  FakeAgent agent{FakeAgent::Kind::unix_datagram};
  auto around = nowhere();
  around.environment.url = "http://agent:8125";
  around.environment.agent_host = "bad host|";
  around.default_socket = agent.path();
  const Plan made = plan(quiet_options(), around);
  REQUIRE(made.warnings.size() == 2);
  CHECK(made.warnings[0].find("DD_DOGSTATSD_URL") != std::string::npos);
  CHECK(made.warnings[0].find("http://agent:8125") != std::string::npos);
  CHECK(made.warnings[1].find("DD_AGENT_HOST") != std::string::npos);
  CHECK(arrives(made, agent));
}

TEST_CASE("the environment's warnings are handed on") {
  auto around = nowhere();
  around.environment.warnings = {"DD_DOGSTATSD_PORT is 'x'"};
  CHECK(plan(quiet_options(), around).warnings == around.environment.warnings);
}

TEST_CASE("the cardinality of the options wins over that of the environment") {
  auto around = nowhere();
  around.environment.cardinality = Cardinality::low;
  CHECK(plan(quiet_options(), around).constants.cardinality == Cardinality::low);
  auto options = quiet_options();
  options.cardinality = Cardinality::high;
  CHECK(plan(options, around).constants.cardinality == Cardinality::high);
}

TEST_CASE("the external env is sent as long as origin detection is on") {
  auto around = nowhere();
  around.environment.external_env = "it-false,cn-web,pu-1234";
  auto options = quiet_options();
  options.origin_detection = Switch::automatic;
  CHECK(plan(options, around).constants.origin == "|e:it-false,cn-web,pu-1234");
  around.environment.origin_detection = false;
  CHECK(plan(options, around).constants.origin.empty());
  options.origin_detection = Switch::on;
  CHECK(plan(options, around).constants.origin == "|e:it-false,cn-web,pu-1234");
}

TEST_CASE("the limit of datagrams is the transport's own unless the options say one") {
  auto options = quiet_options();
  options.address = "unix:///nonexistent/dsd.socket";
  CHECK(plan(options, nowhere()).transport->max_datagram_bytes() == 8192);
  options.max_datagram_bytes = 512;
  CHECK(plan(options, nowhere()).transport->max_datagram_bytes() == 512);
}

TEST_CASE("an address of the options that makes no sense is an error though a socket is there") {
  auto options = quiet_options();
  options.address = "udp://";
  CHECK_FALSE(make_plan(options, nowhere()));
}

}  // namespace
