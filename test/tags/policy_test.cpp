#include "tags/policy.h"

#include <doctest/doctest.h>

namespace {

using pawl::tags::Policy;

TEST_CASE("without a list every key passes") {
  for (const Policy& policy : {Policy{}, Policy{pawl::TagPolicy{}}}) {
    CHECK(policy.passes("anything"));
    CHECK(policy.passes(""));
  }
}

TEST_CASE("an empty list lets no key pass") {
  const Policy policy{{.allowed_keys = std::vector<std::string>{}}};
  CHECK_FALSE(policy.passes("env"));
  CHECK_FALSE(policy.passes(""));
}

TEST_CASE("a list lets exactly its keys pass, in whatever order it was written") {
  const Policy policy{{.allowed_keys = std::vector<std::string>{"tier", "env", "model", "a"}}};
  for (const char* key : {"a", "env", "model", "tier"}) CHECK(policy.passes(key));
  for (const char* key : {"", "en", "envs", "ENV", "zone"}) CHECK_FALSE(policy.passes(key));
}

}  // namespace
