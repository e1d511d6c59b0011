#include "tags/policy.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::TagAction;
using pawl::TagPattern;
using pawl::TagPolicy;
using pawl::TagValueRule;
using pawl::tags::find_fault;
using pawl::tags::Policy;
using pawl::tags::Ruling;
using pawl::test::Random;
using Why = pawl::TagChecker::Why;
using Words = std::vector<std::string>;

Policy compiled(const TagPolicy& policy) {
  const auto fault = find_fault(policy);
  CHECK_MESSAGE(!fault, (fault ? fault->field + " " + fault->complaint : ""));
  return Policy{policy};
}

Ruling ruling(const Policy& policy, std::string_view name, std::string_view tag) {
  pawl::tags::CapClaims claims;
  const Ruling made = pawl::tags::rule(policy.of(name), tag, claims);
  claims.keep();
  return made;
}

Why why(const Policy& policy, std::string_view tag, std::string_view name = "a.metric") {
  return ruling(policy, name, tag).why;
}

Policy with_rule(TagValueRule rule) { return compiled({.values = {std::move(rule)}}); }

TEST_CASE("the default lets every key pass but the reserved ones") {
  for (const Policy& policy : {Policy{}, compiled({})}) {
    CHECK(policy.of("x") == nullptr);
    CHECK(why(policy, "anything:at all") == Why::passed);
    for (const char* tag : {"host:a", "HOST", "device:x", "jmx_check_name", "dd.internal.card:x"})
      CHECK(why(policy, tag) == Why::reserved);
  }
}

TEST_CASE("reserved keys are refused whatever a policy allows") {
  const Policy policy = compiled({.allowed_keys = Words{"host"}, .values = {{.key = "host"}}});
  CHECK(why(policy, "host:a") == Why::reserved);
}

TEST_CASE("an empty list lets no key pass") {
  const Policy policy = compiled({.allowed_keys = Words{}});
  CHECK(why(policy, "env:prod") == Why::key);
  CHECK(ruling(policy, "a", "env:prod").left_out());
}

TEST_CASE("a list lets exactly its keys pass, in whatever order it was written") {
  const Policy policy = compiled({.allowed_keys = Words{"tier", "env", "model", "a"}});
  for (const char* tag : {"a:1", "env", "model:x:y", "tier:"})
    CHECK(why(policy, tag) == Why::passed);
  for (const char* tag : {"en:x", "envs:x", "zone:x", ":x"}) CHECK(why(policy, tag) == Why::key);
}

TEST_CASE("a key that is not allowed may refuse the metric") {
  const Policy policy =
      compiled({.allowed_keys = Words{"env"}, .other_keys = TagAction::refuse_metric});
  const Ruling made = ruling(policy, "a", "user:1");
  CHECK(made.refused());
  CHECK(made.action == TagAction::refuse_metric);
}

TEST_CASE("a value that is not on the list becomes the replacement") {
  const Policy policy = with_rule({.key = "zone", .allowed_values = Words{"b", "a"}});
  CHECK(why(policy, "zone:a") == Why::passed);
  CHECK(why(policy, "other_key:z") == Why::passed);
  const Ruling made = ruling(policy, "a", "zone:z");
  CHECK(made.why == Why::value);
  CHECK(made.changed == "zone:other");
  CHECK(ruling(policy, "a", "zone").changed == "zone:other");
}

TEST_CASE("the replacement may be any word, and the tag be left out instead") {
  CHECK(ruling(
            with_rule({.key = "k", .allowed_values = Words{}, .replacement = "(rest)"}), "a", "k:1")
            .changed == "k:(rest)");
  const Policy dropping =
      with_rule({.key = "k", .allowed_values = Words{}, .otherwise = TagAction::drop_tag});
  CHECK(ruling(dropping, "a", "k:1").left_out());
}

TEST_CASE("listed values are compared as they go on the wire") {
  const Policy policy = with_rule({.key = "q", .allowed_values = Words{"größe"}});
  CHECK(why(policy, "q:größe") == Why::passed);
}

TEST_CASE("a cap lets the first values pass, for ever, and replaces the rest") {
  const Policy policy = with_rule({.key = "tenant", .max_values = 2});
  CHECK(why(policy, "tenant:a") == Why::passed);
  CHECK(why(policy, "tenant:b") == Why::passed);
  CHECK(ruling(policy, "a", "tenant:c").changed == "tenant:other");
  CHECK(why(policy, "tenant:a") == Why::passed);
  CHECK(why(policy, "tenant:b") == Why::passed);
  CHECK(why(policy, "tenant:c") == Why::value);
}

TEST_CASE("what is refused for its looks takes no place under the cap") {
  const Policy policy = with_rule({.key = "t", .max_values = 1, .max_length = 3});
  CHECK(why(policy, "t:long") == Why::value);
  CHECK(why(policy, "t:abc") == Why::passed);
  CHECK(why(policy, "t:abd") == Why::value);
}

TEST_CASE("a cap of the key * counts for each key that has no rule of its own") {
  const Policy policy = compiled({.values = {{.key = "*", .max_values = 1}, {.key = "free"}}});
  CHECK(why(policy, "a:1") == Why::passed);
  CHECK(why(policy, "b:1") == Why::passed);
  CHECK(why(policy, "a:2") == Why::value);
  CHECK(why(policy, "free:1") == Why::passed);
  CHECK(why(policy, "free:2") == Why::passed);
}

TEST_CASE("no rule remembers more than 10,000 values, however many keys there are") {
  const Policy policy = with_rule({.key = "*", .max_values = 100});
  int passed = 0;
  for (int i = 0; i < 30'000; ++i)
    passed += why(policy, std::to_string(i / 10) + ":" + std::to_string(i)) == Why::passed;
  CHECK(passed == 10'000);
}

TEST_CASE("a length is counted in characters") {
  const Policy policy = with_rule({.key = "k", .max_length = 3});
  CHECK(why(policy, "k:äöü") == Why::passed);
  CHECK(why(policy, "k:abcd") == Why::value);
}

TEST_CASE("patterns find what names one thing among many, and leave names alone") {
  const Policy policy = with_rule(
      {.key = "*",
       .refused_patterns = {
           TagPattern::uuid, TagPattern::long_hex, TagPattern::long_number, TagPattern::email}});
  for (const char* value : {"123e4567-e89b-12d3-a456-426614174000",
                            "job-123E4567-e89b-12d3-a456-426614174000-x",
                            "deadbeefdeadbeef",
                            "trace_0af7651916cd43dd8448eb211c80319c",
                            "user-123456",
                            "/orders/20260101",
                            "ada@example.com",
                            "from:ada.l+x@mail.example.org>"}) {
    CAPTURE(value);
    CHECK(why(policy, std::string{"k:"} + value) == Why::value);
  }
  for (const char* value : {"gpt-4.1-2025-04",
                            "us-east-1a",
                            "v1.22.33",
                            "deadbeef",
                            "12345",
                            "/v1/chat",
                            "a@b",
                            "@here",
                            "x@y.",
                            "well-know-n123-4567-abcd",
                            ""}) {
    CAPTURE(value);
    CHECK(why(policy, std::string{"k:"} + value) == Why::passed);
  }
}

TEST_CASE("a rename comes before all checks, and is made once") {
  const Policy policy = compiled({.allowed_keys = Words{"service", "b"},
                                  .values = {{.key = "service", .allowed_values = Words{"api"}}},
                                  .renames = {{"svc", "service"}, {"a", "b"}, {"b", "c"}}});
  const Ruling renamed = ruling(policy, "x", "svc:api");
  CHECK(renamed.why == Why::renamed);
  CHECK(renamed.changed == "service:api");
  CHECK_FALSE(renamed.refused());
  CHECK(ruling(policy, "x", "svc:web").changed == "service:other");
  CHECK(ruling(policy, "x", "a:1").changed == "b:1");
  CHECK(why(policy, "b:1") == Why::key);
}

TEST_CASE("a reserved key may be renamed to one that is not") {
  const Policy policy = compiled({.renames = {{"host", "peer"}}});
  CHECK(ruling(policy, "x", "host:a").changed == "peer:a");
}

TEST_CASE("the rule of the exact name counts, then that of the longest prefix, then the policy") {
  const Policy policy =
      compiled({.allowed_keys = Words{"all"},
                .metrics = {{.name = "http.*", .allowed_keys = Words{"http"}},
                            {.name = "http.server.*", .allowed_keys = Words{"server"}},
                            {.name = "http.server.hits", .allowed_keys = Words{"hits"}}}});
  const std::vector<std::pair<std::string, std::string>> table{{"other", "all"},
                                                               {"http", "all"},
                                                               {"http.x", "http"},
                                                               {"http.server.x", "server"},
                                                               {"http.server.hits", "hits"},
                                                               {"http.server.hits2", "server"},
                                                               {"", "all"}};
  for (const auto& [name, allowed] : table)
    for (const char* key : {"all", "http", "server", "hits"})
      CHECK((why(policy, std::string{key} + ":1", name) == Why::passed) == (key == allowed));
}

TEST_CASE("a metric's rule inherits what it does not say") {
  const Policy policy =
      compiled({.allowed_keys = Words{"zone", "service"},
                .values = {{.key = "zone", .allowed_values = Words{"a"}}},
                .renames = {{"svc", "service"}},
                .metrics = {{.name = "open.*", .values = {{.key = "zone"}}},
                            {.name = "wide", .allowed_keys = Words{"zone", "user"}}}});
  CHECK(why(policy, "zone:z", "open.x") == Why::passed);
  CHECK(why(policy, "user:1", "open.x") == Why::key);
  CHECK(why(policy, "svc:1", "open.x") == Why::renamed);
  CHECK(why(policy, "user:1", "wide") == Why::passed);
  CHECK(why(policy, "zone:z", "wide") == Why::value);
}

TEST_CASE("metrics that inherit a cap share it") {
  const Policy policy =
      compiled({.values = {{.key = "t", .max_values = 1}},
                .metrics = {{.name = "a", .allowed_keys = Words{"t"}},
                            {.name = "b", .values = {{.key = "t", .max_values = 1}}}}});
  CHECK(why(policy, "t:1", "a") == Why::passed);
  CHECK(why(policy, "t:2", "other") == Why::value);
  CHECK(why(policy, "t:2", "b") == Why::passed);
}

TEST_CASE("keys are compared as the back end stores them, and sent as they were written") {
  const Policy policy = compiled({.allowed_keys = Words{"User_ID", "zone", "tenant", "new name"},
                                  .values = {{.key = "ZONE", .allowed_values = Words{"a"}},
                                             {.key = "tenant", .max_values = 1}},
                                  .renames = {{"old name", "New_Name"}}});
  for (const char* tag : {"user_id:1", "User_ID:1", "user id:1", "USER@ID:1", "zone:a", "Zone:a"})
    CHECK(why(policy, tag) == Why::passed);
  CHECK(ruling(policy, "m", "user id:1").changed.empty());
  CHECK(why(policy, "user-id:1") == Why::key);
  CHECK(why(policy, "Zone:b") == Why::value);
  CHECK(why(policy, "zone:A") == Why::value);  // values are compared byte by byte
  CHECK(why(policy, "Tenant:1") == Why::passed);
  CHECK(why(policy, "tenant:1") == Why::passed);
  CHECK(why(policy, "TENANT:2") == Why::value);
  CHECK(ruling(policy, "m", "Old_Name:x").changed == "New_Name:x");
}

TEST_CASE("a cap of the key * counts spellings of a key together") {
  const Policy policy = with_rule({.key = "*", .max_values = 1});
  CHECK(why(policy, "User:1") == Why::passed);
  CHECK(why(policy, "user:2") == Why::value);
}

TEST_CASE("a metric may say what becomes of keys that another rule does not allow") {
  const Policy policy = compiled({.allowed_keys = Words{"a"},
                                  .other_keys = TagAction::refuse_metric,
                                  .metrics = {{.name = "x", .other_keys = TagAction::drop_tag},
                                              {.name = "y", .allowed_keys = Words{"b"}}}});
  CHECK(ruling(policy, "m", "c:1").action == TagAction::refuse_metric);
  CHECK(ruling(policy, "x", "c:1").action == TagAction::drop_tag);
  CHECK(why(policy, "a:1", "x") == Why::passed);
  CHECK(ruling(policy, "y", "a:1").action == TagAction::refuse_metric);
  CHECK_FALSE(find_fault({.metrics = {{.name = "l.*", .allowed_keys = Words{}},
                                      {.name = "l.m", .other_keys = TagAction::drop_tag}}}));
}

TEST_CASE("copies share what their caps have let pass") {
  const Policy policy = with_rule({.key = "t", .max_values = 1});
  const Policy copy = policy;  // NOLINT(performance-unnecessary-copy-initialization)
  CHECK(why(policy, "t:1") == Why::passed);
  CHECK(why(copy, "t:2") == Why::value);
}

TEST_CASE("the LLM policy lets the keys of the preset pass for llm.*, and all for other metrics") {
  const Policy policy = compiled(TagPolicy::llm());
  for (const std::string_view key : TagPolicy::llm_keys())
    CHECK(why(policy, std::string{key} + ":x", "llm.requests") == Why::passed);
  for (const char* key : {"user_id", "request_id", "session_id", "document_id", "prompt"}) {
    CHECK(why(policy, std::string{key} + ":x", "llm.requests") == Why::key);
    CHECK(why(policy, std::string{key} + ":x", "http.requests") == Why::passed);
  }
  const Policy prefixed = compiled(TagPolicy::llm("ai."));
  CHECK(why(prefixed, "user_id:x", "ai.llm.requests") == Why::key);
  CHECK(why(prefixed, "user_id:x", "llm.requests") == Why::passed);
}

// A policy of one mistake, and what is said of it.
struct Mistake {
  TagPolicy policy;
  std::string field;
  std::string complaint;
};

TEST_CASE("what a policy says wrong is named by its field") {
  const std::vector<Mistake> table{
      {{.allowed_keys = Words{"a", "b:c"}}, "allowed_keys[1]", "is 'b:c'; expected a tag's key"},
      {{.allowed_keys = Words{}, .other_keys = TagAction::replace_value},
       "other_keys",
       "is 'replace_value'; expected drop_tag or refuse_metric"},
      {{.other_keys = TagAction::refuse_metric},
       "other_keys",
       "is 'refuse_metric'; expected allowed_keys too"},
      {{.metrics = {{.name = "b.*", .allowed_keys = Words{}},
                    {.name = "a.b", .other_keys = TagAction::drop_tag}}},
       "metrics[1].other_keys",
       "is 'drop_tag'; expected allowed_keys too"},
      {{.values = {{.key = "user id"}, {.key = "User_ID"}}},
       "values[1].key",
       "is 'User_ID'; expected each at most"},
      {{.renames = {{"a", "b"}, {"A", "c"}}}, "renames[1].from", "is 'A'; expected each at most"},
      {{.values = {{.key = ""}}}, "values[0].key", "is ''; expected a tag's key"},
      {{.values = {{.key = "a"}, {.key = "a"}}}, "values[1].key", "is 'a'; expected each at most"},
      {{.values = {{.key = "a", .max_values = 10'001}}},
       "values[0].max_values",
       "is 10001; expected 1 to 10000, or 0 for no limit"},
      {{.values = {{.key = "a", .max_length = 201}}}, "values[0].max_length", "1 to 200"},
      {{.values = {{.key = "a", .allowed_values = Words{"x", "y,z"}}}},
       "values[0].allowed_values[1]",
       "is 'y,z'; expected a tag's value"},
      {{.values = {{.key = "a", .refused_patterns = {static_cast<TagPattern>(9)}}}},
       "values[0].refused_patterns[0]",
       "expected uuid, long_hex, long_number or email"},
      {{.values = {{.key = "a", .otherwise = static_cast<TagAction>(9)}}},
       "values[0].otherwise",
       "expected drop_tag, replace_value or refuse_metric"},
      {{.values = {{.key = "a", .replacement = ""}}}, "values[0].replacement", "that is not empty"},
      {{.renames = {{"a", "b"}, {"a", "c"}}}, "renames[1].from", "is 'a'; expected each at most"},
      {{.renames = {{"a", "host"}}}, "renames[0].to", "is 'host'; expected a key that the Agent"},
      {{.renames = {{"", "b"}}}, "renames[0].from", "is ''"},
      {{.metrics = {{.name = ""}}}, "metrics[0].name", "is ''; expected a metric's name"},
      {{.metrics = {{.name = "a.*.b"}}}, "metrics[0].name", "is 'a.*.b'"},
      {{.metrics = {{.name = "a b"}}}, "metrics[0].name", "is 'a b'"},
      {{.metrics = {{.name = "a"}, {.name = "a"}}}, "metrics[1].name", "each at most once"},
      {{.metrics = {{.name = "a", .allowed_keys = Words{"\n"}}}},
       "metrics[0].allowed_keys[0]",
       "is '_'; expected"},
      {{.metrics = {{.name = "a", .values = {{.key = "k", .max_values = 20'000}}}}},
       "metrics[0].values[0].max_values",
       "is 20000;"},
  };
  for (const Mistake& mistake : table) {
    CAPTURE(mistake.field);
    const auto fault = find_fault(mistake.policy);
    REQUIRE(fault.has_value());
    CHECK(fault->field == mistake.field);
    CHECK_MESSAGE(fault->complaint.find(mistake.complaint) != std::string::npos, fault->complaint);
  }
}

TEST_CASE("whatever a policy lets pass is on its lists, and what it leaves out is not") {
  PAWL_PRINT_SEED();
  Random random;
  const Words keys{"a", "b", "c", "d"};
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) {
    Words allowed;
    for (const std::string& key : keys)
      if (random.chance(0.5)) allowed.push_back(key);
    const bool values_listed = random.chance(0.5);
    TagPolicy policy{.allowed_keys = allowed};
    if (values_listed) policy.values = {{.key = "a", .allowed_values = Words{"1", "2"}}};
    const std::string key = random.pick(keys);
    const std::string value = std::to_string(random.below(4));
    const bool listed = std::find(allowed.begin(), allowed.end(), key) != allowed.end();
    const bool good = listed && !(values_listed && key == "a" && (value == "0" || value == "3"));
    const Ruling made = ruling(compiled(policy), "m", key + ":" + value);
    REQUIRE(made.refused() == !good);
    REQUIRE(made.left_out() == !listed);
    refused += made.refused();
  }
  CHECK(refused > 500);
}

}  // namespace
