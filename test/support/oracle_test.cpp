#include "support/oracle.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::test::decode;
using pawl::test::Decoded;
using pawl::test::Limits;
using pawl::test::Metric;
using pawl::test::printable;

std::string refusal_of(std::string_view payload, Limits limits = {}) {
  const Decoded decoded = decode(payload, limits);
  return decoded.accepted() ? "" : decoded.refusal->reason;
}

Metric only_metric(std::string_view payload) {
  const Decoded decoded = decode(payload);
  REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
  REQUIRE(decoded.items.size() == 1);
  return decoded.metrics().at(0);
}

std::string joined_tags(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "t" : ",t") + std::to_string(i);
  return text;
}

constexpr std::string_view kAccepted[] = {
    "a:1|c\n",
    "page.views_2:1|c\n",
    "a:-1.5|g\n",
    "a:1e-05|g\n",
    "a:1E+20|d\n",
    "a:1:2:3|h\n",
    "a:-0:1|ms\n",
    "a:user:17|s\n",
    "a:caf\xC3\xA9#,@|s\n",
    "a:1|c|@0.5\n",
    "a:1|c|@1\n",
    "a:1|c|@1e-09\n",
    "a:1|c|#env:prod,plain,url:http://x/y?z=1\n",
    "a:1|c|#k:\xE2\x82\xAC\n",
    "a:1|c|c:ci-0123456789abcdefABCDEF\n",
    "a:1|c|c:in-42\n",
    "a:1|c|c:ci-ab,in-42\n",
    "a:1|c|e:it-false,cn-web,pu-810fe89d-da47\n",
    "a:1|c|T1656581400\n",
    "a:1|g|#a|T1\n",
    "a:1|c|card:orchestrator\n",
    "a:1:2|d|@0.25|#a,b|c:in-3|e:it-true|card:none\n",
    "a:1|g|#a|c:in-3|e:it-true|T9|card:low\n",
    "a:1|c\nb:2|g\n",
};

TEST_CASE("every line of the emitted grammar is accepted") {
  for (const std::string_view payload : kAccepted) {
    INFO(printable(payload));
    CHECK(refusal_of(payload) == "");
  }
}

struct Refused {
  std::string_view payload;
  std::string_view reason;  // a part of it
};

constexpr Refused kRefused[] = {
    {"", "datagram is empty"},
    {"a:1|c", "no newline"},
    {"a:1|c\nb:1|c", "no newline"},
    {"\n", "line: is empty"},
    {"a:1|c\n\n", "line: is empty"},
    {"a:1|c\r\n", "ends with"},
    {"a\n", "not a metric"},
    {"a:1\n", "not a metric"},
    {"a|c\n", "not a metric"},
    {"a|c:1\n", "not a metric"},
    {":1|c\n", "metric name: is empty"},
    {"1a:1|c\n", "does not begin with a letter"},
    {"_a:1|c\n", "does not begin with a letter"},
    {".a:1|c\n", "does not begin with a letter"},
    {"a b:1|c\n", "metric name"},
    {"a-b:1|c\n", "metric name"},
    {"caf\xC3\xA9:1|c\n", "metric name"},
    {"a:|c\n", "decimal"},
    {"a:|s\n", "set value"},
    {"a:x|c\n", "decimal"},
    {"a:NaN|g\n", "decimal"},
    {"a:inf|g\n", "decimal"},
    {"a:-Infinity|g\n", "decimal"},
    {"a:0x1p4|g\n", "decimal"},
    {"a:+1|c\n", "decimal"},
    {"a:.5|c\n", "decimal"},
    {"a:5.|c\n", "decimal"},
    {"a:1e|c\n", "decimal"},
    {"a:1e+|c\n", "decimal"},
    {"a:-|c\n", "decimal"},
    {"a: 1|c\n", "decimal"},
    {"a:1 |c\n", "decimal"},
    {"a:1,5|g\n", "decimal"},
    {"a:1.234.567|g\n", "decimal"},
    {"a:1_000|g\n", "decimal"},
    {"a:1e999|g\n", "number"},
    {"a::1|c\n", "decimal"},
    {"a:1::2|c\n", "decimal"},
    {"a:1:|c\n", "decimal"},
    {"a:1:x:3|d\n", "decimal"},
    {"a:1|\n", "type"},
    {"a:1|C\n", "type"},
    {"a:1|m\n", "type"},
    {"a:1|cc\n", "type"},
    {"a:1|x\n", "type"},
    {"a:1|c|\n", "unknown field"},
    {"a:1|c||@0.5\n", "unknown field"},
    {"a:1|c|x:1\n", "unknown field"},
    {"a:1|c|@0\n", "rate"},
    {"a:1|c|@-0.5\n", "rate"},
    {"a:1|c|@2\n", "rate"},
    {"a:1|c|@1.0000001\n", "rate"},
    {"a:1|c|@nan\n", "decimal"},
    {"a:1|c|@\n", "decimal"},
    {"a:1|c|#\n", "tag: is empty"},
    {"a:1|c|#a,\n", "tag: is empty"},
    {"a:1|c|#,a\n", "tag: is empty"},
    {"a:1|c|#a,,b\n", "tag: is empty"},
    {"a:1|c|#a#b\n", "tag"},
    {"a:1|c|#a\rb\n", "tag"},
    {"a:1|c|c:\n", "c:: is empty"},
    {"a:1|c|c:ci_1\n", "c:"},
    {"a:1|c|e:\n", "e:: is empty"},
    {"a:1|c|e:cn-Web\n", "e:"},
    {"a:1|c|e:cn-w_b\n", "e:"},
    {"a:1|c|card:\n", "card:"},
    {"a:1|c|card:LOW\n", "card:"},
    {"a:1|c|card:medium\n", "card:"},
    {"a:1|c|T0\n", "timestamp"},
    {"a:1|c|T-5\n", "timestamp"},
    {"a:1|c|T01\n", "timestamp"},
    {"a:1|c|T1.5\n", "timestamp"},
    {"a:1|c|T\n", "timestamp"},
    {"a:1|c|T99999999999999999999\n", "timestamp"},
    {"a:1|d|T5\n", "T on type"},
    {"a:1|h|T5\n", "T on type"},
    {"a:1|ms|T5\n", "T on type"},
    {"a:1|s|T5\n", "T on type"},
    {"a:1:2|c|T5\n", "T with packed"},
    {"a:1|c|@0.5|T5\n", "T with a rate"},
    {"a:1|c|#a|@0.5\n", "out of order"},
    {"a:1|c|c:in-3|#a\n", "out of order"},
    {"a:1|c|e:it-true|c:in-3\n", "out of order"},
    {"a:1|c|T5|e:it-true\n", "out of order"},
    {"a:1|c|card:low|T5\n", "out of order"},
    {"a:1|c|@0.5|@0.5\n", "repeated"},
    {"a:1|c|#a|#b\n", "repeated"},
    {"a:1|c|card:low|card:low\n", "repeated"},
};

TEST_CASE("every line outside the common grammar is refused for its own reason") {
  for (const Refused& refused : kRefused) {
    INFO(printable(refused.payload));
    CHECK(refusal_of(refused.payload).find(refused.reason) != std::string::npos);
    CHECK_FALSE(decode(refused.payload).accepted());
  }
}

constexpr std::string_view kInjections[] = {
    "a:1|c|#user:x|#evil:1\n",           // a pipe in a tag value replaces all real tags
    "a:1|c|#user:x|@0.001\n",            // or multiplies the count
    "a:1|c|#user:x|T1\nb|c\n",           // a newline in a tag value begins a line of its own
    "a|g:1|c\n",                         // a pipe in a name
    "a:5|g\n:1|c\n",                     // a whole line in a name
    "a:x|g|#evil|s\n",                   // a pipe in a set's member
    "_sc|up|0|m:fine|#evil\n",           // a pipe in a check's message
    "_e{2,1}:a|b|x|t:error\n",           // a title that says less than it is
    "_e{1,1}:a|b|h:web|h:other host,\n"  // a second host
};

TEST_CASE("what an injected separator makes of a line is refused") {
  for (const std::string_view payload : kInjections) {
    INFO(printable(payload));
    CHECK_FALSE(decode(payload).accepted());
  }
}

TEST_CASE("bytes that are not UTF-8 are refused wherever they stand") {
  const std::vector<std::string> broken = {
      "\xFF", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"};
  for (const std::string& bytes : broken) {
    INFO(printable(bytes));
    CHECK(refusal_of("a:1|c|#k:" + bytes + "\n").find("UTF-8") != std::string::npos);
    CHECK(refusal_of("a:" + bytes + "|s\n").find("UTF-8") != std::string::npos);
    CHECK(refusal_of("_sc|a|0|m:" + bytes + "\n").find("UTF-8") != std::string::npos);
  }
}

TEST_CASE("a NUL byte in a tag is refused") {
  CHECK_FALSE(decode(std::string_view("a:1|c|#k:\0v\n", 12)).accepted());
}

TEST_CASE("names and tags may be 200 bytes long and no longer") {
  CHECK(refusal_of(std::string(200, 'a') + ":1|c\n") == "");
  CHECK(refusal_of(std::string(201, 'a') + ":1|c\n").find("200") != std::string::npos);
  CHECK(refusal_of("a:1|c|#" + std::string(200, 't') + "\n") == "");
  CHECK(refusal_of("a:1|c|#" + std::string(201, 't') + "\n").find("200") != std::string::npos);
}

TEST_CASE("a line may carry 100 tags and no more") {
  CHECK(refusal_of("a:1|c|#" + joined_tags(100) + "\n") == "");
  CHECK(refusal_of("a:1|c|#" + joined_tags(101) + "\n").find("100") != std::string::npos);
}

TEST_CASE("a datagram may reach its limit and not pass it") {
  CHECK(refusal_of("a:1|c\n", {.max_bytes = 6}) == "");
  CHECK(refusal_of("a:1|c\n", {.max_bytes = 5}).find("limit is 5") != std::string::npos);
}

TEST_CASE("a decoded metric holds every part of its line") {
  const Metric metric = only_metric("a.b:1:-2.5|c|@0.5|#y:2,x|c:in-7|e:it-true|card:high\n");
  CHECK(metric.name == "a.b");
  CHECK(metric.type == "c");
  CHECK(metric.values == std::vector<double>{1, -2.5});
  CHECK(metric.rate == 0.5);
  CHECK(metric.tags == std::vector<std::string>{"y:2", "x"});
  CHECK(metric.container == "in-7");
  CHECK(metric.external == "it-true");
  CHECK(metric.cardinality == "high");
  CHECK_FALSE(metric.timestamp.has_value());
}

TEST_CASE("a timestamp is decoded in seconds") {
  CHECK(only_metric("a:1|g|T1656581400\n").timestamp == 1656581400);
}

TEST_CASE("the value of a set runs to the first pipe, colons included") {
  const Metric metric = only_metric("a:user:17|s\n");
  CHECK(metric.set_value == "user:17");
  CHECK(metric.values.empty());
}

TEST_CASE("a refusal names the line and keeps what stood before it") {
  const Decoded decoded = decode("a:1|c\nb:2|g\nc:x|c\nd:1|c\n");
  REQUIRE_FALSE(decoded.accepted());
  CHECK(decoded.refusal->line == 3);
  CHECK(decoded.items.size() == 2);
}

TEST_CASE("the serverless profile refuses what the Lambda extension would lose") {
  const Limits lambda{.serverless = true};
  for (const std::string_view kept : {"a:1|c\n", "a:1|g|#x\n", "a:1|d|c:in-3\n", "a:1|c|T5\n"}) {
    INFO(printable(kept));
    CHECK(refusal_of(kept, lambda) == "");
  }
  for (const std::string_view lost : {"a:1|h\n",
                                      "a:x|s\n",
                                      "a:1|ms\n",
                                      "a:1:2|c\n",
                                      "a:1|c|@0.5\n",
                                      "_sc|a|0\n",
                                      "_e{1,1}:a|b\n"}) {
    INFO(printable(lost));
    CHECK(refusal_of(lost, lambda) != "");
  }
}

}  // namespace
