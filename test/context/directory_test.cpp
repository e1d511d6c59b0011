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
  return std::unique_ptr<Context>{new Context{.hash = 0,
                                              .index = index,
                                              .type = MetricType::count,
                                              .cardinality = Cardinality::unset,
                                              .name_size = 0,
                                              .tags_size = 0}};
}

TEST_CASE("a directory gives each context by its number") {
  auto directory = std::make_unique<Directory>();
  std::vector<std::unique_ptr<Context>> contexts;
  for (std::uint32_t i = 0; i < 3 * Directory::kInChunk + 1; ++i) {
    contexts.push_back(context(i));
    directory->reserve();
    directory->add(contexts.back().get());
    REQUIRE(directory->size() == i + 1);
  }
  for (std::uint32_t i = 0; i < directory->size(); ++i)
    REQUIRE(&(*directory)[i] == contexts[i].get());
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
