#include "tags/tag_set.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/seed.h"

namespace {

using pawl::OwnedTag;
using pawl::Repair;
using pawl::Tag;
using pawl::Tags;
using pawl::tags::make_set;
using pawl::tags::Policy;
using pawl::tags::RefusedKeys;
using pawl::tags::Repairs;
using pawl::tags::TagSet;
using pawl::test::Random;

int times(const Repairs& repairs, Repair repair) {
  return repairs.times[static_cast<std::size_t>(repair)];
}

TagSet set_of(std::initializer_list<const char*> tags) {
  TagSet set;
  for (const char* tag : tags) set.insert(tag);
  return set;
}

// Tells whether the call is taken.
bool add_call_tags(
    TagSet& set, Tags call, const TagSet& global, const Policy& policy, Repairs& repairs) {
  RefusedKeys refused_keys;
  return !add_call_tags(set, call, {policy.of("a.metric"), global, refused_keys}, repairs);
}

// `count` tags of the form x0, x1 ...
struct Numbered {
  std::vector<std::string> texts;
  std::vector<Tag> tags;

  Numbered(std::size_t count, const std::string& start) {
    for (std::size_t i = 0; i < count; ++i) texts.push_back(start + std::to_string(i));
    for (const std::string& text : texts) tags.push_back({text, ""});
  }
  TagSet set() const {
    TagSet set;
    for (const std::string& text : texts) set.insert(text);
    return set;
  }
};

TEST_CASE("a set keeps each tag once, in one order") {
  const TagSet set = set_of({"b:1", "a:2", "b:1", "a:1"});
  CHECK(set.size() == 3);
  CHECK(set.joined() == "a:1,a:2,b:1");
  CHECK(set.contains("a:2"));
  CHECK_FALSE(set.contains("a"));
  CHECK(set == set_of({"a:1", "a:2", "b:1"}));
}

TEST_CASE("an empty set is an empty text") {
  CHECK(TagSet{}.joined().empty());
  CHECK_FALSE(TagSet{}.contains(""));
}

TEST_CASE("a set takes in another") {
  TagSet set = set_of({"a", "c"});
  set.insert_all(set_of({"b", "c"}));
  CHECK(set.joined() == "a,b,c");
}

TEST_CASE("a set leaves out what another holds") {
  TagSet set = set_of({"a", "b", "c"});
  set.remove_all(set_of({"b", "d"}));
  CHECK(set.joined() == "a,c");
}

TEST_CASE("the tags of options may have reserved keys") {
  const std::vector<OwnedTag> tags = {{"host", "web-1"}, {"dd.internal.entity_id", "x"}, {"", ""}};
  Repairs repairs;
  CHECK(make_set(tags, repairs).joined() == "dd.internal.entity_id:x,host:web-1");
  CHECK(times(repairs, Repair::tag_reserved) == 0);
  CHECK(times(repairs, Repair::tag_empty) == 1);
}

TEST_CASE("the tags of options are repaired") {
  const std::vector<OwnedTag> tags = {{"k", "a,b"}, {"k", "a|b"}};
  Repairs repairs;
  CHECK(make_set(tags, repairs).joined() == "k:a_b");
  CHECK(times(repairs, Repair::tag_bytes) == 2);
}

TEST_CASE("the order of a call's tags does not matter") {
  PAWL_PRINT_SEED();
  Random random;
  std::array<Tag, 8> tags = {{{"env", "prod"},
                              {"env", "dev"},
                              {"a", ""},
                              {"", "b"},
                              {"model", "x"},
                              {"tier", "l2"},
                              {"a,b", "c"},
                              {"env", "prod"}}};
  for (int i = 0; i < 500; ++i) {
    for (std::size_t left = tags.size(); left > 1; --left)
      std::swap(tags[left - 1], tags[random.below(left)]);
    TagSet set;
    Repairs repairs;
    REQUIRE(add_call_tags(set, tags, {}, {}, repairs));
    REQUIRE(set.joined() == "a,a_b:c,b,env:dev,env:prod,model:x,tier:l2");
  }
}

TEST_CASE("tags that are equal once they are repaired are one") {
  TagSet set;
  Repairs repairs;
  CHECK(add_call_tags(set, {{"k", "a,b"}, {"k", "a_b"}, {"", "k:a_b"}}, {}, {}, repairs));
  CHECK(set.joined() == "k:a_b");
}

TEST_CASE("a call's reserved keys are left out and counted, in any spelling") {
  TagSet set;
  Repairs repairs;
  CHECK(add_call_tags(set,
                      {{"host", "a"}, {"HOST", "a"}, {"", "host:x"}, {"hos", "t"}, {"Device", ""}},
                      {},
                      {},
                      repairs));
  CHECK(set.joined() == "hos:t");
  CHECK(times(repairs, Repair::tag_reserved) == 4);
}

TEST_CASE("keys that the policy does not know are left out and counted") {
  TagSet set;
  Repairs repairs;
  const Policy policy{{.allowed_keys = std::vector<std::string>{"env"}}};
  CHECK(add_call_tags(
      set, {{"env", "prod"}, {"user", "17"}, {"", "env:dev"}, {"", "user"}}, {}, policy, repairs));
  CHECK(set.joined() == "env:dev,env:prod");
  CHECK(times(repairs, Repair::tag_policy) == 2);
}

TEST_CASE("what stands in the set already is not put to the policy") {
  TagSet set = set_of({"child:1"});
  Repairs repairs;
  const Policy policy{{.allowed_keys = std::vector<std::string>{}}};
  CHECK(add_call_tags(set, {{"env", "prod"}}, {}, policy, repairs));
  CHECK(set.joined() == "child:1");
}

TEST_CASE("a tag that is global already is not repeated") {
  TagSet set;
  Repairs repairs;
  CHECK(add_call_tags(set, {{"env", "prod"}, {"a", "1"}}, set_of({"env:prod"}), {}, repairs));
  CHECK(set.joined() == "a:1");
  CHECK_FALSE(repairs.any());
}

bool takes(std::size_t count, std::size_t global, TagSet set = {}) {
  const Numbered call{count, "call"};
  Repairs repairs;
  return add_call_tags(set, call.tags, Numbered{global, "global"}.set(), {}, repairs);
}

TEST_CASE("a call may have 100 tags, the global ones and the child's among them") {
  CHECK(takes(100, 0));
  CHECK_FALSE(takes(101, 0));
  CHECK(takes(40, 60));
  CHECK_FALSE(takes(41, 60));
  CHECK(takes(0, 100));
  CHECK_FALSE(takes(1, 100));
  CHECK(takes(38, 60, set_of({"child:1", "child:2"})));
  CHECK_FALSE(takes(39, 60, set_of({"child:1", "child:2"})));
}

TEST_CASE("a call that was written with more than 100 tags is refused, whatever would be left") {
  const Policy none{{.allowed_keys = std::vector<std::string>{}}};
  Numbered call{99, "call"};
  call.tags.push_back({"host", "x"});
  TagSet set;
  Repairs repairs;
  CHECK(add_call_tags(set, call.tags, {}, none, repairs));
  CHECK(set.size() == 0);
  call.tags.push_back({"call1", ""});
  Repairs more;
  CHECK_FALSE(add_call_tags(set, call.tags, {}, none, more));
  CHECK_FALSE(more.any());
}

TEST_CASE("tags that are left out or the same as others take no room beside those of the line") {
  Numbered call{40, "call"};
  call.tags.push_back({"call1", ""});
  call.tags.push_back({"host", "x"});
  call.tags.push_back({"", ""});
  TagSet set;
  Repairs repairs;
  CHECK(add_call_tags(set, call.tags, Numbered{60, "global"}.set(), {}, repairs));
  CHECK(set.size() == 40);
}

TEST_CASE("a key that a call repeats takes one place, and each of its tags counts") {
  const Policy policy{{.allowed_keys = std::vector<std::string>{}}};
  RefusedKeys keys;
  const TagSet none;
  std::vector<Tag> tags;
  for (int i = 0; i < 20; ++i) tags.push_back({"user", "x"});
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "user", "a"})
    tags.push_back({key, "x"});
  TagSet set;
  Repairs repairs;
  CHECK_FALSE(pawl::tags::add_call_tags(set, tags, {policy.of("m"), none, keys}, repairs));
  const auto times_of = [&](const char* key) {
    for (std::size_t i = 0; i < Repairs::kMostKeys; ++i)
      if (repairs.keys[i] == keys.number_of(key)) return int{repairs.key_times[i]};
    return 0;
  };
  CHECK(times_of("user") == 21);
  CHECK(times_of("a") == 2);
  CHECK(times_of("f") == 1);
  CHECK(repairs.more_keys == 1);
}

TEST_CASE("a call that is refused takes no place of a cap, whichever tag stands first") {
  const pawl::TagPolicy policy{
      .allowed_keys = {{"tenant", "zone"}},
      .other_keys = pawl::TagAction::refuse_metric,
      .values = {{.key = "tenant", .max_values = 1},
                 {.key = "zone", .max_values = 1, .otherwise = pawl::TagAction::refuse_metric}}};
  const Policy made{policy};
  const auto passes = [&made](Tags tags) {
    TagSet set;
    Repairs repairs;
    return add_call_tags(set, tags, {}, made, repairs);
  };
  CHECK_FALSE(passes({{"tenant", "refused"}, {"user", "1"}}));
  CHECK(passes({{"zone", "eu"}}));
  CHECK_FALSE(passes({{"tenant", "refused too"}, {"zone", "us"}}));
  CHECK(passes({{"tenant", "good"}, {"zone", "eu"}}));
  TagSet set;
  Repairs repairs;
  CHECK(add_call_tags(set, {{"tenant", "good"}}, {}, made, repairs));
  CHECK(set.joined() == "tenant:good");
}

}  // namespace
