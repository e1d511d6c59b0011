#include "context/directory.h"

#include <memory>
#include <vector>

#include <doctest/doctest.h>

namespace {

using pawl::Cardinality;
using pawl::MetricType;
using pawl::context::Context;
using pawl::context::Directory;
using pawl::context::Kind;
using pawl::context::kind_of;

std::unique_ptr<Context> context(std::uint32_t index) {
  return std::unique_ptr<Context>{new Context{.index = index,
                                              .type = MetricType::count,
                                              .cardinality = Cardinality::unset,
                                              .name_size = 0,
                                              .tags_size = 0,
                                              .active_at = 0,
                                              .sent = {}}};
}

TEST_CASE("a directory gives each context by its number") {
  auto directory = std::make_unique<Directory>();
  std::vector<std::unique_ptr<Context>> contexts;
  for (std::uint32_t i = 0; i < 3 * Directory::kInChunk + 1; ++i) {
    REQUIRE(directory->next().index == i);
    contexts.push_back(context(i));
    directory->add(contexts.back().get());
    REQUIRE(directory->size() == i + 1);
  }
  for (std::uint32_t i = 0; i < directory->size(); ++i)
    REQUIRE((*directory)[i] == contexts[i].get());
}

TEST_CASE("the number of a removed context is the next one's, with what its cells hold") {
  auto directory = std::make_unique<Directory>();
  std::vector<std::unique_ptr<Context>> contexts;
  for (std::uint32_t i = 0; i < 3; ++i) {
    contexts.push_back(context(directory->next().index));
    directory->add(contexts.back().get());
  }
  directory->remove(*contexts[1], {.calls = 7, .sum = 42});
  CHECK((*directory)[1] == nullptr);
  const Directory::Place place = directory->next();
  CHECK(place.index == 1);
  CHECK(place.totals.calls == 7);
  CHECK(place.totals.sum == 42);
  const auto successor = context(place.index);
  directory->add(successor.get());
  CHECK((*directory)[1] == successor.get());
  CHECK(directory->size() == 3);
  CHECK(directory->next().index == 3);
}

TEST_CASE("histograms, distributions and timings share their numbering") {
  CHECK(kind_of(MetricType::count) == Kind::counter);
  CHECK(kind_of(MetricType::gauge) == Kind::gauge);
  CHECK(kind_of(MetricType::set) == Kind::set);
  for (const MetricType type :
       {MetricType::histogram, MetricType::distribution, MetricType::timing})
    CHECK(kind_of(type) == Kind::sampled);
}

}  // namespace
