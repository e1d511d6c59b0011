#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <pawl/tag_policy.h>

#include "support/seed.h"
#include "support/temp_dir.h"

namespace {

using pawl::TagAction;
using pawl::TagPattern;
using pawl::TagPolicy;
using pawl::test::Random;
using pawl::test::TempDir;

// Every field that there is.
const std::string kWhole = R"json({
  "allowed_keys": ["env", "route"],
  "other_keys": "refuse_metric",
  "values": [
    {"key": "route", "allowed_values": ["/v1", "/v\u0032"], "otherwise": "drop_tag"},
    {"key": "*", "max_values": 100, "max_length": 40,
     "refused_patterns": ["uuid", "long_hex", "long_number", "email"], "replacement": "(rest)"}
  ],
  "renames": [{"from": "svc", "to": "service"}],
  "metrics": [
    {"name": "llm.*", "allowed_keys": [], "other_keys": "drop_tag",
     "values": [{"key": "model"}], "renames": [{"from": "m", "to": "model"}]}
  ]
}
)json";

std::string error_of(const std::string& json) {
  const auto made = TagPolicy::parse(json, "p.json");
  return made ? "" : made.error().message;
}

TEST_CASE("a policy is read with all its fields") {
  const auto made = TagPolicy::parse(kWhole);
  REQUIRE_MESSAGE(made.ok(), error_of(kWhole));
  const TagPolicy expected{.allowed_keys = {{"env", "route"}},
                           .other_keys = TagAction::refuse_metric,
                           .values = {{.key = "route",
                                       .allowed_values = {{"/v1", "/v2"}},
                                       .otherwise = TagAction::drop_tag},
                                      {.key = "*",
                                       .max_values = 100,
                                       .max_length = 40,
                                       .refused_patterns = {TagPattern::uuid,
                                                            TagPattern::long_hex,
                                                            TagPattern::long_number,
                                                            TagPattern::email},
                                       .replacement = "(rest)"}},
                           .renames = {{"svc", "service"}},
                           .metrics = {{.name = "llm.*",
                                        .allowed_keys = std::vector<std::string>{},
                                        .other_keys = TagAction::drop_tag,
                                        .values = {{.key = "model"}},
                                        .renames = {{"m", "model"}}}}};
  CHECK(*made == expected);
}

TEST_CASE("an empty object is the default") {
  const auto made = TagPolicy::parse(" {} ");
  REQUIRE(made.ok());
  CHECK(*made == TagPolicy{});
}

struct Wrong {
  std::string json;
  std::string message;  // its beginning
};

TEST_CASE("what is wrong in a file is told with its line, its column and its field") {
  const std::vector<Wrong> table{
      {"", "p.json:1:1: this is no JSON: "},
      {"{\n  \"values\": [}\n", "p.json:2:14: this is no JSON: "},
      {"{} x", "p.json:1:4: this is no JSON: "},
      {"[]", "p.json:1:1: the policy is a list; expected an object"},
      {"{\"allowed\": []}",
       "p.json:1:2: allowed is unknown; expected one of allowed_keys, other_keys, values, renames, "
       "metrics"},
      {"{\n\"values\":\n [{\"key\": \"a\", \"max\": 3}]}",
       "p.json:3:16: values[0].max is unknown; "},
      {"{\"renames\": [],\n \"renames\": []}", "p.json:2:2: the field \"renames\" is there twice"},
      {"{\"allowed_keys\": \"env\"}", "p.json:1:18: allowed_keys is 'env'; expected a list"},
      {"{\"allowed_keys\": [\"a\",\n 3]}", "p.json:2:2: allowed_keys[1] is 3; expected a text"},
      {"{\"allowed_keys\": null}", "p.json:1:18: allowed_keys is null; expected a list"},
      {"{\"other_keys\": \"drop\"}",
       "p.json:1:16: other_keys is 'drop'; expected drop_tag, replace_value or refuse_metric"},
      {"{\"other_keys\": \"replace_value\"}",
       "p.json:1:16: other_keys is 'replace_value'; expected drop_tag or refuse_metric"},
      {"{\"values\": {}}", "p.json:1:12: values is an object; expected a list"},
      {"{\"values\": [\n\n  {}]}", "p.json:3:3: values[0].key is ''; expected a tag's key"},
      {"{\"values\": [{\"key\": \"a\", \"max_values\": -1}]}",
       "p.json:1:40: values[0].max_values is -1; expected a whole number"},
      {"{\"values\": [{\"key\": \"a\", \"max_values\": 1.5}]}",
       "p.json:1:40: values[0].max_values is 1.5; expected a whole number"},
      {"{\"values\": [{\"key\": \"a\", \"max_values\": true}]}",
       "p.json:1:40: values[0].max_values is true; expected a whole number"},
      {"{\"values\": [{\"key\": \"a\",\n\"max_values\": 10001}]}",
       "p.json:2:15: values[0].max_values is 10001; expected 1 to 10000, or 0 for no limit"},
      {"{\"values\": [{\"key\": \"a\", \"refused_patterns\": [\"uuid\",\t\"hex\"]}]}",
       "p.json:1:55: values[0].refused_patterns[1] is 'hex'; expected uuid, long_hex, long_number "
       "or "
       "email"},
      {"{\"renames\": [{\"from\": \"a\\\"\\\\\", \"to\":\n\"host\"}]}",
       "p.json:2:1: renames[0].to is 'host'; expected a key that the Agent does not obey"},
      {"{\"renames\": [{\"from\": \"a\"}]}",
       "p.json:1:14: renames[0].to is ''; expected a tag's key"},
      {"{\"metrics\": [{\"name\": \"a\"},\n{\"name\": \"a\"}]}",
       "p.json:2:10: metrics[1].name is 'a'; expected each at most once"},
      {"{\"metrics\": [{\"name\": \"a\", \"metrics\": []}]}",
       "p.json:1:28: metrics[0].metrics is unknown; expected one of name, allowed_keys, "},
      {"{\"metrics\": [{\"name\": \"x y\"}]}",
       "p.json:1:23: metrics[0].name is 'x y'; expected a metric's name"},
      {std::string(17, '['), "p.json:1:17: this lies deeper than 16 levels"},
  };
  for (const Wrong& wrong : table) {
    CAPTURE(wrong.json);
    const std::string message = error_of(wrong.json);
    CHECK_MESSAGE(message.starts_with(wrong.message), message);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("a file's fault is told in one line whatever the file holds") {
  const std::string message = error_of("{\"other_keys\": \"a\\nb\\u0000\"}");
  CHECK(message.starts_with("p.json:1:16: other_keys is 'a_b_'; expected "));
  for (const std::string& json : {std::string{"{\"a\\nb\": 1}"},
                                  "{\"" + std::string(10'000, 'x') + "\": 1}",
                                  std::string{"{\"\x01\n\": 1}"}}) {
    const std::string told = error_of(json);
    CHECK(told.find('\n') == std::string::npos);
    CHECK(told.size() < 400);
  }
}

TEST_CASE("bytes in any order are read or refused with a place, never more") {
  PAWL_PRINT_SEED();
  Random random;
  int refused = 0;
  for (int i = 0; i < 3'000; ++i) {
    std::string json = kWhole;
    for (std::size_t flips = 1 + random.below(4); flips > 0; --flips)
      json[random.below(json.size())] = random.chance(0.5) ? random.bytes(1)[0] : '"';
    if (random.chance(0.2)) json.resize(random.below(json.size()));
    const auto made = TagPolicy::parse(json, "p.json");
    if (made) continue;
    ++refused;
    REQUIRE_MESSAGE(made.error().message.starts_with("p.json:"), made.error().message);
  }
  CHECK(refused > 1'000);
}

std::string written(const TempDir& dir, const std::string& text) {
  const std::string path = dir.file("policy.json");
  std::ofstream{path} << text;
  return path;
}

TEST_CASE("a policy is loaded from a file") {
  const TempDir dir;
  const auto made = TagPolicy::load(written(dir, kWhole));
  REQUIRE(made.ok());
  CHECK(made->metrics.size() == 1);
}

TEST_CASE("a file that is missing, none, or too long is told by its path") {
  const TempDir dir;
  const auto failure = [](const std::string& path) {
    const auto made = TagPolicy::load(path);
    return made ? "" : made.error().message;
  };
  const std::string missing = dir.file("none.json");
  CHECK(failure(missing) == missing + ": cannot be read: No such file or directory");
  CHECK(failure(dir.path()) == dir.path() + ": cannot be read: it is not a regular file");
  const std::string pipe = dir.file("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(failure(pipe) == pipe + ": cannot be read: it is not a regular file");
  const std::string longer = written(dir, "{}" + std::string(1 << 20, ' '));
  CHECK(failure(longer) == longer + ": is longer than 1048576 bytes; expected a policy");
  CHECK(TagPolicy::load(written(dir, "{}" + std::string((1 << 20) - 2, ' '))).ok());
}

TEST_CASE("a byte order mark is no part of the text, and shifts no column") {
  const std::string mark = "\xef\xbb\xbf";
  CHECK(TagPolicy::parse(mark + kWhole).ok());
  CHECK(error_of(mark + R"({"other_keys": 3})").starts_with("p.json:1:16: other_keys is 3;"));
  CHECK(error_of(mark + "{]").starts_with("p.json:1:2: this is no JSON"));
}

TEST_CASE("a NUL byte does not end the text: it is an error, and has a place") {
  CHECK(error_of(kWhole + std::string{'\0'} + "and more") ==
        "p.json:15:1: this is a NUL byte; expected JSON");
  CHECK(error_of("{\n " + std::string{'\0'} + "}").starts_with("p.json:2:2: this is a NUL"));
}

TEST_CASE("a number beyond a double is an error with a place") {
  CHECK(error_of(R"({"values": [{"key": "k", "max_values": 1e999}]})").starts_with("p.json:1:"));
}

TEST_CASE("a rule for other keys where no keys are named is an error with its place") {
  CHECK(
      error_of("{\"metrics\": [\n{\"name\": \"a\", \"other_keys\": \"drop_tag\"}]}")
          .starts_with("p.json:2:29: metrics[0].other_keys is 'drop_tag'; expected allowed_keys"));
}

}  // namespace
