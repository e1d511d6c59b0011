#include "encode/line.h"

#include <doctest/doctest.h>

#include "support/oracle.h"

namespace {

using pawl::Cardinality;
using pawl::MetricType;
using pawl::encode::append_tail;
using pawl::encode::Constants;
using pawl::encode::Frame;

Frame frame(MetricType type, std::string_view tags = "") {
  return {.name = "n", .tags = tags, .type = type};
}

// Gives the line of the value 1, without its end, once the oracle has taken it.
std::string line_of(const Frame& frame, const Constants& constants = {}) {
  std::string line = "n:1";
  append_tail(line, frame, constants);
  const auto decoded = pawl::test::decode(line);
  REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
  REQUIRE(line.back() == '\n');
  line.pop_back();
  return line;
}

TEST_CASE("a line ends with its type and a line break when there is no more to say") {
  CHECK(line_of(frame(MetricType::count)) == "n:1|c");
  CHECK(line_of(frame(MetricType::gauge)) == "n:1|g");
  CHECK(line_of(frame(MetricType::histogram)) == "n:1|h");
  CHECK(line_of(frame(MetricType::distribution)) == "n:1|d");
  CHECK(line_of(frame(MetricType::timing)) == "n:1|ms");
  CHECK(line_of(frame(MetricType::set)) == "n:1|s");
}

TEST_CASE("all fields stand in the order of the official client") {
  const Constants constants{"env:prod", "|c:in-7|e:it-true,cn-web", Cardinality::low};
  Frame sampled = frame(MetricType::distribution, "a:1,b");
  sampled.rate = 0.25;
  CHECK(line_of(sampled, constants) ==
        "n:1|d|@0.25|#env:prod,a:1,b|c:in-7|e:it-true,cn-web|card:low");
  Frame stamped = frame(MetricType::gauge, "a:1,b");
  stamped.unix_seconds = 1'700'000'000;
  stamped.cardinality = Cardinality::high;
  CHECK(line_of(stamped, constants) ==
        "n:1|g|#env:prod,a:1,b|c:in-7|e:it-true,cn-web|T1700000000|card:high");
}

TEST_CASE("global tags and a call's own stand alone or together") {
  const Constants global{.global_tags = "env:prod,x", .origin = ""};
  CHECK(line_of(frame(MetricType::count, "a"), {}) == "n:1|c|#a");
  CHECK(line_of(frame(MetricType::count), global) == "n:1|c|#env:prod,x");
  CHECK(line_of(frame(MetricType::count, "a,b"), global) == "n:1|c|#env:prod,x,a,b");
}

TEST_CASE("a rate is written as short as can be, and a rate of 1 not at all") {
  Frame one = frame(MetricType::timing);
  CHECK(line_of(one) == "n:1|ms");
  one.rate = 0.05;
  CHECK(line_of(one) == "n:1|ms|@0.05");
  one.rate = 1e-7;
  CHECK(line_of(one) == "n:1|ms|@1e-07");
}

TEST_CASE("a call's cardinality goes before the client's") {
  const Constants constants{"", "", Cardinality::orchestrator};
  Frame one = frame(MetricType::count);
  CHECK(line_of(one, constants) == "n:1|c|card:orchestrator");
  one.cardinality = Cardinality::none;
  CHECK(line_of(one, constants) == "n:1|c|card:none");
  CHECK(line_of(one) == "n:1|c|card:none");
}

}  // namespace
