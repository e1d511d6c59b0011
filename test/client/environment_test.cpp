#include "client/environment.h"

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::Cardinality;
using pawl::OwnedTag;
using pawl::client::Environment;
using pawl::client::read_environment;

using Variables = std::map<std::string, std::string>;

Environment read(const Variables& variables) {
  return read_environment([&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::vector<OwnedTag> tags_of(const std::string& dd_tags) {
  return read({{"DD_TAGS", dd_tags}}).tags;
}

TEST_CASE("an environment without variables says nothing") {
  const Environment read_back = read({});
  CHECK(read_back.url.empty());
  CHECK(read_back.agent_host.empty());
  CHECK(read_back.port.empty());
  CHECK(read_back.tags.empty());
  CHECK(read_back.cardinality == Cardinality::unset);
  CHECK(read_back.external_env.empty());
  CHECK_FALSE(read_back.origin_detection.has_value());
  CHECK(read_back.tag_policy.empty());
  CHECK_FALSE(read_back.serverless);
  CHECK(read_back.warnings.empty());
}

TEST_CASE("an empty variable counts as unset") {
  Variables all;
  for (const char* name : {"DD_DOGSTATSD_URL",
                           "DD_AGENT_HOST",
                           "DD_DOGSTATSD_PORT",
                           "DD_ENTITY_ID",
                           "DD_ENV",
                           "DD_SERVICE",
                           "DD_VERSION",
                           "DD_TAGS",
                           "DD_CARDINALITY",
                           "DATADOG_CARDINALITY",
                           "DD_EXTERNAL_ENV",
                           "DD_ORIGIN_DETECTION_ENABLED",
                           "PAWL_TAG_POLICY",
                           "AWS_LAMBDA_FUNCTION_NAME"}) {
    all[name] = "";
  }
  const Environment read_back = read(all);
  CHECK(read_back.tags.empty());
  CHECK_FALSE(read_back.origin_detection.has_value());
  CHECK_FALSE(read_back.serverless);
  CHECK(read_back.warnings.empty());
}

TEST_CASE("the address variables are taken as they are written") {
  const Environment read_back = read({{"DD_DOGSTATSD_URL", "unix:///run/dsd.socket"},
                                      {"DD_AGENT_HOST", "10.0.0.1"},
                                      {"DD_DOGSTATSD_PORT", "9125"}});
  CHECK(read_back.url == "unix:///run/dsd.socket");
  CHECK(read_back.agent_host == "10.0.0.1");
  CHECK(read_back.port == "9125");
}

TEST_CASE("a port that is none is a warning with the variable, its value and the default") {
  for (const char* bad : {"0", "65536", "-1", "81x", "8125 ", "99999999999999999999", "eighty"}) {
    CAPTURE(bad);
    const Environment read_back = read({{"DD_DOGSTATSD_PORT", bad}});
    CHECK(read_back.port.empty());
    REQUIRE(read_back.warnings.size() == 1);
    CHECK(read_back.warnings[0] == "DD_DOGSTATSD_PORT is \"" + std::string{bad} +
                                       "\", not a port from 1 to 65535; using 8125");
  }
}

TEST_CASE("the unified service variables become tags") {
  const Environment read_back = read({{"DD_ENTITY_ID", "pod-1"},
                                      {"DD_ENV", "prod"},
                                      {"DD_SERVICE", "api"},
                                      {"DD_VERSION", "1.2:3"}});
  CHECK(read_back.tags == std::vector<OwnedTag>{{"dd.internal.entity_id", "pod-1"},
                                                {"env", "prod"},
                                                {"service", "api"},
                                                {"version", "1.2:3"}});
}

TEST_CASE("DD_TAGS is separated by commas, by spaces, or by both") {
  const std::vector<OwnedTag> expected{{"a", "1"}, {"b", "2"}, {"c", "3"}};
  CHECK(tags_of("a:1,b:2,c:3") == expected);
  CHECK(tags_of("a:1 b:2 c:3") == expected);
  CHECK(tags_of(" a:1,, b:2 ,\tc:3\n") == expected);
}

TEST_CASE("a tag of DD_TAGS may lack a key, a value, or have colons in its value") {
  CHECK(tags_of("beta") == std::vector<OwnedTag>{{"beta", ""}});
  CHECK(tags_of("team:") == std::vector<OwnedTag>{{"team", ""}});
  CHECK(tags_of("url:http://x") == std::vector<OwnedTag>{{"url", "http://x"}});
}

TEST_CASE("a variable of its own wins over the same key in DD_TAGS") {
  const Environment read_back = read({{"DD_ENV", "prod"}, {"DD_TAGS", "env:dev,team:a,team:b"}});
  CHECK(read_back.tags == std::vector<OwnedTag>{{"env", "prod"}, {"team", "a"}, {"team", "b"}});
}

TEST_CASE("a cardinality is read in any case") {
  CHECK(read({{"DD_CARDINALITY", "None"}}).cardinality == Cardinality::none);
  CHECK(read({{"DD_CARDINALITY", "LOW"}}).cardinality == Cardinality::low);
  CHECK(read({{"DD_CARDINALITY", "orchestrator"}}).cardinality == Cardinality::orchestrator);
  CHECK(read({{"DATADOG_CARDINALITY", "High"}}).cardinality == Cardinality::high);
}

TEST_CASE("DD_CARDINALITY wins over DATADOG_CARDINALITY") {
  const Environment read_back = read({{"DD_CARDINALITY", "low"}, {"DATADOG_CARDINALITY", "high"}});
  CHECK(read_back.cardinality == Cardinality::low);
}

TEST_CASE("an unknown cardinality is a warning and gives way to the next variable") {
  const Environment read_back = read({{"DD_CARDINALITY", "huge"}, {"DATADOG_CARDINALITY", "high"}});
  CHECK(read_back.cardinality == Cardinality::high);
  REQUIRE(read_back.warnings.size() == 1);
  CHECK(read_back.warnings[0] ==
        "DD_CARDINALITY is \"huge\", not none, low, orchestrator or high; it is ignored");
}

TEST_CASE("origin detection can be switched off and on in words") {
  for (const char* off : {"no", "false", "0", "n", "off", "FALSE", "Off"}) {
    CAPTURE(off);
    CHECK(read({{"DD_ORIGIN_DETECTION_ENABLED", off}}).origin_detection == false);
  }
  for (const char* on : {"yes", "true", "1", "y", "on", "True"}) {
    CAPTURE(on);
    CHECK(read({{"DD_ORIGIN_DETECTION_ENABLED", on}}).origin_detection == true);
  }
}

TEST_CASE("a boolean that is none is a warning and leaves the default") {
  const Environment read_back = read({{"DD_ORIGIN_DETECTION_ENABLED", "maybe"}});
  CHECK_FALSE(read_back.origin_detection.has_value());
  REQUIRE(read_back.warnings.size() == 1);
  CHECK(read_back.warnings[0] ==
        "DD_ORIGIN_DETECTION_ENABLED is \"maybe\", neither true nor false; using true");
}

TEST_CASE("the external environment loses what is not printable and the bar") {
  const Environment read_back = read({{"DD_EXTERNAL_ENV", "it-false,\ncn-we|b,\tpu-75a2\x7f"}});
  CHECK(read_back.external_env == "it-false,cn-web,pu-75a2");
  CHECK(read_back.warnings.empty());
}

TEST_CASE("a part of the external environment that servers refuse is left out with a warning") {
  const Environment read_back = read({{"DD_EXTERNAL_ENV", "it-false,cn-My_App,pu-75a2"}});
  CHECK(read_back.external_env == "it-false,pu-75a2");
  REQUIRE(read_back.warnings.size() == 1);
  CHECK(read_back.warnings[0] ==
        "DD_EXTERNAL_ENV is \"it-false,cn-My_App,pu-75a2\", "
        "with a part outside of [a-z0-9-]: \"cn-My_App\" is left out");
}

TEST_CASE("an external environment in another script is left out, not written") {
  const Environment read_back = read({{"DD_EXTERNAL_ENV", "cn-caf\xc3\xa9"}});
  CHECK(read_back.external_env.empty());
  CHECK(read_back.warnings.size() == 1);
}

TEST_CASE("a warning stays one short line whatever the variable holds") {
  const Environment read_back = read({{"DD_DOGSTATSD_PORT", "1\n2" + std::string(5000, 'x')}});
  REQUIRE(read_back.warnings.size() == 1);
  CHECK(read_back.warnings[0].find('\n') == std::string::npos);
  CHECK(read_back.warnings[0].size() < 300);
}

TEST_CASE("a Lambda function's name means serverless") {
  CHECK(read({{"AWS_LAMBDA_FUNCTION_NAME", "resize"}}).serverless);
}

TEST_CASE("without a lookup the process's own environment is read") {
  REQUIRE(setenv("DD_AGENT_HOST", "agent.of.the.test", 1) == 0);
  const Environment read_back = read_environment();
  unsetenv("DD_AGENT_HOST");
  CHECK(read_back.agent_host == "agent.of.the.test");
}

}  // namespace
