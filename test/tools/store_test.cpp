#include "tools/store.h"

#include <cstdint>
#include <initializer_list>
#include <string>

#include <doctest/doctest.h>

namespace {

using pawl::tools::Context;
using pawl::tools::decode_line;
using pawl::tools::Store;

Store store_of(std::initializer_list<const char*> lines) {
  Store store;
  for (const char* line : lines) {
    const auto item = decode_line(line);
    REQUIRE_MESSAGE(item.ok(), line);
    store.add(*item);
  }
  return store;
}

TEST_CASE("counts of a context are summed exactly") {
  const Store store = store_of({"a:9007199254740993|c", "a:1:-4|c"});
  CHECK(store.of({"c", "a", {}}).whole == 9007199254740990);
}

TEST_CASE("a count with a rate counts for those that were left out") {
  const Store store = store_of({"a:3|c|@0.5", "a:0.25|c", "a:1|c"});
  CHECK(store.of({"c", "a", {}}).rest == 6.25);
  CHECK(store.of({"c", "a", {}}).whole == 1);
}

TEST_CASE("a gauge keeps its last value and a set its members") {
  const Store store = store_of({"g:1|g", "g:2.5|g", "s:x|s", "s:y|s", "s:x|s"});
  CHECK(store.of({"g", "g", {}}).gauge == 2.5);
  CHECK(store.of({"s", "s", {}}).members == std::set<std::string>{"x", "y"});
}

TEST_CASE("samples have the weight that the Agent gives them") {
  const Store store = store_of({"d:1:2|d", "d:4|d|@0.3"});
  const Store store_of_times = store_of({"t:1:2|ms", "t:4|ms|@0.3", "t:4|ms"});
  CHECK(store.of({"d", "d", {}}).weight() == 5);
  CHECK(store_of_times.of({"ms", "t", {}}).weight() == 6);
  CHECK(store_of_times.of({"ms", "t", {}}).values.at(4) == 4);
}

TEST_CASE("the sum of samples takes the rate as it is, where their count takes whole numbers") {
  CHECK(store_of({"d:1:2|d", "d:4|d|@0.3"}).of({"d", "d", {}}).sum() == 3 + 4 / 0.3);
  CHECK(store_of({"h:1:2|h", "h:4|h|@0.3"}).of({"h", "h", {}}).sum() == 3 + 4 / 0.3);
}

TEST_CASE("a value with a timestamp is a point and not aggregated") {
  const Store store = store_of({"a:1|c|T17", "a:2|c"});
  const auto& held = store.of({"c", "a", {}});
  CHECK(held.whole == 2);
  CHECK(held.points == std::vector<std::pair<std::int64_t, double>>{{17, 1.0}});
}

TEST_CASE("the order of tags, and a tag that is there twice, make no other context") {
  const Store store = store_of({"a:1|c|#x,y", "a:1|c|#y,x", "a:1|c|#y,x,y"});
  CHECK(store.contexts().size() == 1);
  CHECK(store.of({"c", "a", {"x", "y"}}).whole == 3);
}

TEST_CASE("events and checks are no metrics") {
  CHECK(store_of({"_e{1,1}:a|b", "_sc|x|0"}).contexts().empty());
}

TEST_CASE("stores do not differ by the order in which samples came") {
  CHECK(differences(store_of({"d:1:2|d", "d:3|d"}), store_of({"d:3:1|d", "d:2|d"})).empty());
}

TEST_CASE("stores do not differ by whether samples came one by one or with their weight") {
  const Store one_by_one = store_of({"d:1:2:2:2|d", "h:7:7:8|h", "t:0.1:0.1:0.1|ms"});
  const Store weighted = store_of({"d:1|d",
                                   "d:2|d|@0.3333333333333333",
                                   "h:7|h|@0.5",
                                   "h:8|h",
                                   "t:0.1|ms|@0.3333333333333333"});
  CHECK(differences(one_by_one, weighted).empty());
}

TEST_CASE("stores differ when a sample is in another bin, or is one too many") {
  const Store held = store_of({"d:1:2:3|d"});
  CHECK(differences(held, store_of({"d:1:2.05:3|d"})).size() == 1);
  CHECK(differences(held, store_of({"d:1:2:3:2|d"})).size() == 1);
  CHECK(differences(held, store_of({"d:1:2|d|@0.5", "d:3|d"})).size() == 1);
}

TEST_CASE("stores differ when the sum is another, though each sample is in its bin") {
  CHECK(differences(store_of({"d:1:2:3|d"}), store_of({"d:1:2.0001:3|d"})).size() == 1);
}

TEST_CASE("each context that differs or is missing is named") {
  const Store left = store_of({"a:1|c", "b:1|c", "d:1|d", "only.left:1|g"});
  const Store right = store_of({"a:1|c", "b:2|c", "d:1:1|d", "only.right:1|g"});
  const std::vector<Context> expected{
      {"c", "b", {}}, {"d", "d", {}}, {"g", "only.left", {}}, {"g", "only.right", {}}};
  CHECK(differences(left, right) == expected);
}

}  // namespace
