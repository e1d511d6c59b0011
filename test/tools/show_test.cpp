#include "tools/show.h"

#include <string>

#include <doctest/doctest.h>

#include "tools/summary.h"

namespace {

using pawl::tools::AgentSketch;
using pawl::tools::Context;
using pawl::tools::decode_line;
using pawl::tools::Summary;
using pawl::tools::to_json;
using pawl::tools::to_line;
using pawl::tools::Traffic;

std::string line_of(const std::string& line) { return to_line(*decode_line(line)); }
std::string json_of(const std::string& line) { return to_json(*decode_line(line)); }

TEST_CASE("a metric is shown on one line with what it says") {
  CHECK(line_of("a:1|c") == "count a 1");
  CHECK(line_of("a:1:2.5|d|@0.5|#x:y,z|c:ci-1|e:it-false|card:low") ==
        "distribution a 1 2.5 {x:y, z} rate=0.5 container=ci-1 external=it-false cardinality=low");
  CHECK(line_of("a:1|g|T17") == "gauge a 1 timestamp=17");
}

TEST_CASE("an event and a check are shown with their text") {
  CHECK(line_of("_e{2,4}:up|a\\nb|t:info") == "event up: a\\nb alert_type=info");
  CHECK(line_of("_sc|db|2|m:no") == "check db critical: no");
}

TEST_CASE("a long packed line is shown in part") {
  std::string line = "a";
  for (int i = 0; i < 20; ++i) line += ":1";
  CHECK(line_of(line + "|d").find(" 1 (and 4 more)") != std::string::npos);
}

TEST_CASE("what is shown never steers the terminal") {
  CHECK(line_of("a:1|c|#\x1b[2J") == "count a 1 {\\x1b[2J}");
  CHECK(line_of("_e{1,1}:\x07|\x1b") == "event \\x07: \\x1b");
}

TEST_CASE("JSON has every key of a metric, null where the line is silent") {
  CHECK(json_of("a:1:2.5|d") ==
        R"({"kind":"metric","name":"a","type":"d","values":[1,2.5],"rate":1.0,"tags":[],)"
        R"("timestamp":null,"container":null,"external":null,"cardinality":null})");
  CHECK(json_of("u:x|s|#a:b|c:in-9|e:it-false|card:high") ==
        R"({"kind":"metric","name":"u","type":"s","values":["x"],"rate":1.0,"tags":["a:b"],)"
        R"("timestamp":null,"container":"in-9","external":"it-false","cardinality":"high"})");
}

TEST_CASE("JSON keeps whole numbers whole") {
  CHECK(json_of("a:9007199254740993|c|T17").find(R"("values":[9007199254740993])") !=
        std::string::npos);
}

TEST_CASE("JSON of an event and of a check has what they hold") {
  CHECK(json_of("_e{1,3}:t|a\\n|p:low") ==
        R"({"kind":"event","name":"t","tags":[],"timestamp":null,"container":null,)"
        R"("external":null,"cardinality":null,"host":null,"text":"a\n","aggregation_key":null,)"
        R"("priority":"low","source":null,"alert_type":null})");
  CHECK(json_of("_sc|x|1|h:web") ==
        R"({"kind":"check","name":"x","tags":[],"timestamp":null,"container":null,)"
        R"("external":null,"cardinality":null,"host":"web","status":1,"message":null})");
}

TEST_CASE("a summary counts metrics, values, contexts, events, checks, datagrams and bytes") {
  Summary summary;
  for (const char* line : {"a:1:2|h", "a:1|h|#x,y", "a:1|h|#y,x", "_e{1,1}:a|b", "_sc|x|0"}) {
    summary.add(*decode_line(line));
  }
  Traffic traffic;
  traffic.payloads = 2;
  traffic.bytes = 77;
  CHECK(summary.text(traffic) ==
        "pawl: received 3 metrics, 4 values, 2 contexts, 1 event, 1 check, 2 datagrams, 77 bytes, "
        "0 rejected lines\n");
}

// They are what the Agent's own package gives for these samples.
TEST_CASE("a summary shows the percentiles of each distribution, weights counted") {
  Summary summary;
  for (const char* line : {"lat:12|d|#a:b", "lat:13.5|d|@0.25|#a:b", "h:1|h", "cost:1e-6|d"}) {
    summary.add(*decode_line(line));
  }
  const std::string text = summary.text({});
  CHECK(text.find("pawl: distribution cost: 1 sample, sum 1e-06, min 1e-06, avg 1e-06, "
                  "p50 1e-06, p75 1e-06, p90 1e-06, p95 1e-06, p99 1e-06, max 1e-06\n"
                  "pawl: distribution lat {a:b}: 5 samples, sum 66, min 12, avg 13.2, p50 13.5801, "
                  "p75 13.6329, p90 13.6857, p95 13.6857, p99 13.6857, max 13.5\n") !=
        std::string::npos);
  CHECK(text.find("distribution h") == std::string::npos);
}

TEST_CASE("a summary shows the first of many distributions and counts the rest") {
  Summary summary;
  for (int i = 0; i < 25; ++i) summary.add(*decode_line("d" + std::to_string(i) + ":1|d"));
  CHECK(summary.text({}).find("\npawl: and 5 more distributions\n") != std::string::npos);
  for (int i = 25; i < 1'001; ++i) summary.add(*decode_line("d" + std::to_string(i) + ":1|d"));
  CHECK(summary.sketches().size() == 1'000);
  CHECK(summary.text({}).find("\npawl: and more than 980 distributions more\n") !=
        std::string::npos);
}

TEST_CASE("JSON of a sketch has its numbers, null for what is not finite") {
  AgentSketch sketch;
  for (int i = 1; i <= 3; ++i) sketch.insert(2);
  CHECK(to_json(Context{"d", "a", {"x"}}, sketch) ==
        R"({"kind":"sketch","name":"a","tags":["x"],"count":3,"sum":6.0,"min":2.0,"max":2.0,)"
        R"("avg":2.0,"p50":2.013498438876918,"p75":2.0269968777538363,"p90":2.0269968777538363,)"
        R"("p95":2.0269968777538363,"p99":2.0269968777538363})");
  sketch.insert(1e300);
  sketch.insert(1e300);
  CHECK(to_json(Context{"d", "a", {}}, sketch).find(R"("p99":null)") != std::string::npos);
}

TEST_CASE("a summary names rejected lines with their reasons, and not without end") {
  Summary summary;
  for (int i = 0; i < 25; ++i) summary.reject("there is no type", "bad\x1b" + std::to_string(i));
  const std::string text = summary.text({});
  CHECK(text.find("25 rejected lines\npawl: rejected: there is no type: bad\\x1b0\n") !=
        std::string::npos);
  CHECK(text.find("bad\\x1b19\npawl: and 5 more rejected\n") != std::string::npos);
}

TEST_CASE("a summary tells what an Agent would have cut or hung up on") {
  Traffic traffic;
  traffic.long_datagrams = 1;
  traffic.long_frames = 2;
  traffic.torn_frames = 1;
  const std::string text = Summary{}.text(traffic);
  CHECK(text.find(", 1 long datagram, 2 long frames, 1 torn frame\n") != std::string::npos);
  CHECK(text.find("pawl: long: an Agent cuts datagrams") != std::string::npos);
}

}  // namespace
