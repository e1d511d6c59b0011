#include "support/tally.h"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::test::Context;
using pawl::test::difference;
using pawl::test::Held;
using pawl::test::Metric;
using pawl::test::Sample;
using pawl::test::Tally;

Tally fed(std::string_view payload) {
  Tally tally;
  REQUIRE_FALSE(tally.feed(payload).has_value());
  return tally;
}

TEST_CASE("counts sum over lines, packed values and tag orders") {
  const Tally tally = fed("a:1|c|#x,y\na:2:3|c|#y,x\na:9|c\n");
  CHECK(tally.count("a", {"y", "x"}) == 6);
  CHECK(tally.count("a") == 9);
  CHECK(tally.contexts().size() == 2);
}

TEST_CASE("a rate multiplies a count in floating point") {
  CHECK(fed("a:3|c|@0.4\n").count("a") == 3 * (1 / 0.4));
}

TEST_CASE("a gauge keeps its last value whatever its rate") {
  CHECK(fed("a:1|g\na:2:5|g|@0.5\n").gauge("a") == 5);
}

TEST_CASE("a set is the union of its members") {
  const Tally tally = fed("a:x|s\na:y|s\na:x|s\n");
  CHECK(tally.of({"s", "a"}).members == std::set<std::string>{"x", "y"});
}

TEST_CASE("the weight of a sample is truncated while its sum is not") {
  const Held held = fed("a:10:20|d|@0.4\n").of({"d", "a"});
  CHECK(held.samples == std::vector<Sample>{{10, 2}, {20, 2}});
  CHECK(held.weight() == 4);
  CHECK(held.sum == 10 * (1 / 0.4) + 20 * (1 / 0.4));
}

TEST_CASE("a vanishing rate weighs no more than an int64 holds") {
  CHECK(fed("a:1|h|@1e-300\n").of({"h", "a"}).weight() == INT64_MAX);
}

TEST_CASE("timestamped points stay apart from what is aggregated") {
  const Held held = fed("a:1|c\na:5|c|T7\n").of({"c", "a"});
  CHECK(held.count == 1);
  CHECK(held.points == std::vector<std::pair<std::int64_t, double>>{{7, 5}});
}

TEST_CASE("one name with two types is two contexts") {
  CHECK(fed("a:1|c\na:1|g\n").contexts().size() == 2);
}

TEST_CASE("a tag that stands twice counts once") {
  CHECK(fed("a:1|c|#x,x\n").count("a", {"x"}) == 1);
}

TEST_CASE("events and checks are kept") {
  const Tally tally = fed("_e{1,1}:a|b\n_sc|up|0\n");
  CHECK(tally.events().size() == 1);
  CHECK(tally.service_checks().size() == 1);
}

TEST_CASE("a refused payload is remembered with the lines before it added") {
  Tally tally;
  CHECK(tally.feed("a:1|c\nb:x|c\n")->line == 2);
  CHECK(tally.refusals().size() == 1);
  CHECK(tally.count("a") == 1);
}

TEST_CASE("payloads, lines and bytes are counted") {
  Tally tally;
  tally.feed_all({"a:1|c\nb:1|c\n", "c:1|c\n"});
  CHECK(tally.payloads() == 2);
  CHECK(tally.metric_lines() == 3);
  CHECK(tally.bytes() == 18);
}

TEST_CASE("a tally without a prefix loses only the contexts that begin with it") {
  const Tally tally = fed("dd.x:1|c\na:1|c\n").without("dd.");
  CHECK(tally.contexts().size() == 1);
  CHECK(tally.count("a") == 1);
}

TEST_CASE("tallies of the same samples in another order do not differ") {
  CHECK(difference(fed("a:1:2|d\nb:1|g|T3\nb:2|g|T4\n"),
                   fed("b:2|g|T4\na:2|d\na:1|d\nb:1|g|T3\n")) == "");
}

TEST_CASE("a difference names the context, what was expected and what came") {
  const std::string text = difference(fed("a:1|c|#x\nb:1|c\n"), fed("a:2|c|#x\nb:1|c\n"));
  CHECK(text == "a|c|#x: expected count=1; got count=2\n");
}

TEST_CASE("a context on one side only is a difference") {
  CHECK(difference(fed("a:1|c\n"), Tally{}) == "a|c: expected count=1; got nothing\n");
  CHECK(difference(Tally{}, fed("a:x|s\n")) == "a|s: expected nothing; got member=x\n");
}

TEST_CASE("samples, gauges, members and points that differ are differences") {
  CHECK(difference(fed("a:1|d\n"), fed("a:1|d|@0.5\n")) != "");
  CHECK(difference(fed("a:1|g\n"), fed("a:2|g\n")) != "");
  CHECK(difference(fed("a:x|s\n"), fed("a:y|s\n")) != "");
  CHECK(difference(fed("a:1|g|T3\n"), fed("a:1|g|T4\n")) != "");
}

TEST_CASE("sums may differ by the tolerance asked for and no more") {
  const Tally one = fed("a:1000|c\n");
  const Tally other = fed("a:1001|c\n");
  CHECK(difference(one, other, 0.01) == "");
  CHECK(difference(one, other, 0.0001) != "");
  CHECK(difference(one, other) != "");
}

TEST_CASE("expected metrics can be added by hand") {
  Tally expected;
  expected.add(Metric{.name = "a", .type = "c", .values = {4}, .tags = {"x"}});
  CHECK(difference(expected, fed("a:1:3|c|#x\n")) == "");
}

}  // namespace
