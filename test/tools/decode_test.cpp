#include "tools/decode.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/oracle.h"
#include "support/seed.h"

namespace {

using pawl::tools::decode_line;
using pawl::tools::Item;
using pawl::tools::Kind;
using pawl::tools::Value;
using Values = std::vector<Value>;
using Tags = std::vector<std::string>;

Item decoded(const std::string& line) {
  const auto item = decode_line(line);
  REQUIRE_MESSAGE(item.ok(), line);
  return *item;
}

std::string reason_for(const std::string& line) {
  const auto item = decode_line(line);
  return item ? "accepted" : item.error().message;
}

TEST_CASE("a metric line gives its name, value and type") {
  const Item item = decoded("http.requests:1|c");
  CHECK(item.kind == Kind::metric);
  CHECK(item.name == "http.requests");
  CHECK(item.type == "c");
  CHECK(item.values == Values{std::int64_t{1}});
  CHECK(item.rate == 1);
  CHECK(item.tags.empty());
  CHECK_FALSE(item.timestamp.has_value());
}

TEST_CASE("a metric line gives all of its fields, in any order") {
  const Item item = decoded("a:2|g|card:low|T1700000000|e:it-false,cn-web|c:ci-0aF|#env:prod,b");
  CHECK(item.tags == Tags{"env:prod", "b"});
  CHECK(item.container == "ci-0aF");
  CHECK(item.external == "it-false,cn-web");
  CHECK(item.cardinality == "low");
  CHECK(item.timestamp == 1700000000);
  CHECK(decoded("a:2|d|@0.25").rate == 0.25);
}

TEST_CASE("packed values are kept in order, whole numbers exactly") {
  const Item item = decoded("a:1:-2.5:9007199254740993:.5:5.:1e3:+7:-0.0|d");
  CHECK(item.values == Values{std::int64_t{1},
                              -2.5,
                              std::int64_t{9007199254740993},
                              0.5,
                              5.0,
                              1000.0,
                              std::int64_t{7},
                              -0.0});
}

TEST_CASE("a set's member is text and may hold colons") {
  CHECK(decoded("users:a:b c|s").values == Values{std::string{"a:b c"}});
  CHECK(decoded("users:42|s").values == Values{std::string{"42"}});
}

TEST_CASE("an event gives its title and text without escapes, and its fields") {
  const Item item = decoded(
      "_e{3,8}:a|b|one\\ntwo|d:1700000000|h:web-1|k:key|p:low|s:src|t:error|#x:y|c:in-5|card:high");
  CHECK(item.kind == Kind::event);
  CHECK(item.name == "a|b");
  CHECK(item.text == "one\ntwo");
  CHECK(item.timestamp == 1700000000);
  CHECK(item.host == "web-1");
  CHECK(item.aggregation_key == "key");
  CHECK(item.priority == "low");
  CHECK(item.source == "src");
  CHECK(item.alert_type == "error");
  CHECK(item.tags == Tags{"x:y"});
  CHECK(item.container == "in-5");
  CHECK(item.cardinality == "high");
}

TEST_CASE("an event's lengths count bytes") {
  CHECK(decoded("_e{2,3}:\xc3\xa9|\xe2\x82\xac").name == "\xc3\xa9");
}

TEST_CASE("a service check gives its status and its message without escapes") {
  const Item item = decoded("_sc|db.up|2|d:17|h:web-1|#x:y|m:line\\none m\\: two");
  CHECK(item.kind == Kind::check);
  CHECK(item.name == "db.up");
  CHECK(item.status == 2);
  CHECK(item.timestamp == 17);
  CHECK(item.host == "web-1");
  CHECK(item.text == "line\none m: two");
}

struct Rejected {
  std::string line;
  std::string reason;
};

TEST_CASE("a line is rejected with the reason") {
  const std::vector<Rejected> table{
      {"", "there is no type"},
      {"a", "there is no type"},
      {"a:1", "there is no type"},
      {"a|c", "there is no value"},
      {":1|c", "the name is empty"},
      {"caf\xc3\xa9:1|c", "the name is not printable ASCII"},
      {"a\tb:1|c", "the name is not printable ASCII"},
      {"a:1|x", "the type is not c, g, h, d, s or ms"},
      {"a:1|", "the type is not c, g, h, d, s or ms"},
      {"a:1|C", "the type is not c, g, h, d, s or ms"},
      {"a:|c", "a value is not a finite decimal number"},
      {"a:1::2|d", "a value is not a finite decimal number"},
      {"a:1:2:|d", "a value is not a finite decimal number"},
      {"a:nan|g", "a value is not a finite decimal number"},
      {"a:-inf|g", "a value is not a finite decimal number"},
      {"a:1e999|g", "a value is not a finite decimal number"},
      {"a:0x10|g", "a value is not a finite decimal number"},
      {"a:+-5|g", "a value is not a finite decimal number"},
      {"a:1,5|g", "a value is not a finite decimal number"},
      {"a:|s", "the set's member is empty"},
      {"a:\r|s", "the set's member is no text"},
      {"a:1|c|@0", "the sample rate is not in (0, 1]"},
      {"a:1|c|@1.5", "the sample rate is not in (0, 1]"},
      {"a:1|c|@-0.5", "the sample rate is not in (0, 1]"},
      {"a:1|c|@x", "the sample rate is not a number"},
      {"a:1|c|#", "a tag is empty"},
      {"a:1|c|#a,,b", "a tag is empty"},
      {"a:1|c|#a,", "a tag is empty"},
      {"a:1|c|#\xff", "a tag holds CR, NUL or invalid UTF-8"},
      {"a:1|c|#a\rb", "a tag holds CR, NUL or invalid UTF-8"},
      {"a:1|c|#real|#evil", "a field is there twice"},
      {"a:1|c|@1|@1", "a field is there twice"},
      {"a:1|c|c:ab_c", "c: is not made of [A-Za-z0-9-,]"},
      {"a:1|c|c:", "c: is not made of [A-Za-z0-9-,]"},
      {"a:1|c|e:IT-false", "e: is not made of [a-z0-9-,]"},
      {"a:1|c|card:all", "card: is not none, low, orchestrator or high"},
      {"a:1|c|T0", "the timestamp is not a number of seconds above 0"},
      {"a:1|c|T1.5", "the timestamp is not a number of seconds above 0"},
      {"a:1|d|T17", "T is only for counts and gauges"},
      {"a:1|s|T17", "T is only for counts and gauges"},
      {"a:1:2|c|T17", "T is not for packed values"},
      {"a:1|c|@0.5|T17", "the Agent ignores a sample rate beside T"},
      {"a:1|c|x:1", "a field is not known"},
      {"a:1|c|", "a field is not known"},
      {"a:1|c|h:web", "a field is not known"},
      {"_e{1,1}", "the event's head is not _e{n,n}:"},
      {"_e{1,1}a|b", "the event's head is not _e{n,n}:"},
      {"_e{1}:a|b", "the event's lengths are not two numbers"},
      {"_e{-1,1}:a|b", "the event's lengths are not two numbers"},
      {"_e{0,1}:|b", "the event's title is empty"},
      {"_e{1,0}:a|", "the event's text is empty"},
      {"_e{2,1}:a|b", "the title's length is wrong"},
      {"_e{99999999999,1}:a|b", "the title's length is wrong"},
      {"_e{1,2}:a|b", "the text's length is wrong"},
      {"_e{1,1}:a|bc", "the text's length is wrong"},
      {"_e{1,1}:\xff|b", "the event's title is not UTF-8"},
      {"_e{1,1}:a|\xff", "the event's text is not UTF-8"},
      {"_e{1,1}:a|b|p:high", "p: is not normal or low"},
      {"_e{1,1}:a|b|t:bad", "t: is not error, warning, info or success"},
      {"_e{1,1}:a|b|k:", "k: is empty or no text"},
      {"_e{1,1}:a|b|@0.5", "a field is not known"},
      {"_e{1,1}:a|b|m:x", "a field is not known"},
      {"_sc|x", "there is no status"},
      {"_sc||0", "the name is empty"},
      {"_sc|x|4", "the status is not 0, 1, 2 or 3"},
      {"_sc|x|", "the status is not 0, 1, 2 or 3"},
      {"_sc|x|10", "the status is not 0, 1, 2 or 3"},
      {"_sc|x|0|m:late|#a", "m: is not the last field"},
      {"_sc|x|0|m:\xff", "m: is not UTF-8"},
  };
  for (const Rejected& rejected : table) {
    CAPTURE(rejected.line);
    CHECK(reason_for(rejected.line) == rejected.reason);
  }
}

TEST_CASE("the lines of a payload come without their ends and without empty ones") {
  std::vector<std::string> lines;
  const auto keep = [&lines](std::string_view line) { lines.emplace_back(line); };
  pawl::tools::for_each_line("a\n\nb\nc", keep);
  CHECK(lines == Tags{"a", "b", "c"});
  lines.clear();
  pawl::tools::for_each_line("\n", keep);
  pawl::tools::for_each_line("", keep);
  CHECK(lines.empty());
}

const std::vector<std::string> kGoodLines{
    "a.b_c:1:-2.5:3e7|d|@0.5|#env:prod,b|c:ci-0a|e:it-false|card:low",
    "a:5|g|#x:y|T1700000000",
    "u:member:x|s|#a",
    "a:12|ms|@0.25",
    "_e{2,4}:ab|c\\nd|d:17|h:web|k:key|p:low|s:src|t:error|#x|c:in-5",
    "_sc|db.up|2|d:17|h:web|#x:y|c:ci-1|m:it is m\\: down",
};

std::string mutated(pawl::test::Random& random) {
  std::string line = random.pick(kGoodLines);
  const std::string alphabet = "|:#@,.-_{}0123456789acdeghimnsT\\\xc3\xa9\x01";
  for (std::size_t edits = random.below(4); edits > 0 && !line.empty(); --edits) {
    const std::size_t at = random.below(line.size());
    if (random.chance(0.5)) {
      line[at] = alphabet[random.below(alphabet.size())];
    } else if (random.chance(0.5)) {
      line.erase(at, 1 + random.below(4));
    } else {
      line.insert(at, 1, alphabet[random.below(alphabet.size())]);
    }
  }
  return line;
}

// The oracle demands the order of fields too, so it may refuse more, never less.
TEST_CASE("what the tests' own oracle accepts is decoded") {
  PAWL_PRINT_SEED();
  pawl::test::Random random;
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (int round = 0; round < 50'000; ++round) {
    const std::string line = mutated(random);
    const bool good = !line.empty() && pawl::test::decode(line + "\n").accepted();
    ++(good ? accepted : refused);
    if (good) CHECK_MESSAGE(decode_line(line).ok(), pawl::test::printable(line));
  }
  CHECK(accepted > 5'000);
  CHECK(refused > 5'000);
}

TEST_CASE("bytes of any kind are decoded or rejected") {
  PAWL_PRINT_SEED();
  pawl::test::Random random;
  for (int round = 0; round < 20'000; ++round) {
    const auto item = decode_line(random.bytes(random.below(60)));
    if (!item) CHECK_FALSE(item.error().message.empty());
  }
}

}  // namespace
