#include <cstdint>
#include <set>
#include <string_view>

#include <doctest/doctest.h>

#include <pawl/metric.h>
#include <pawl/stats.h>

namespace {

// Gives the words of the first `count` enumerators, none of which may be "unknown".
template <class Enum>
std::set<std::string_view> words(std::size_t count) {
  std::set<std::string_view> words;
  for (std::size_t i = 0; i < count; ++i) words.insert(to_string(static_cast<Enum>(i)));
  CHECK(words.count("unknown") == 0);
  CHECK(words.count("") == 0);
  CHECK(to_string(static_cast<Enum>(count)) == "unknown");
  return words;
}

TEST_CASE("every enumerator has a word of its own, and what is none is unknown") {
  CHECK(words<pawl::MetricType>(pawl::kMetricTypes).size() == pawl::kMetricTypes);
  CHECK(words<pawl::Cardinality>(5).size() == 5);
  CHECK(words<pawl::Reject>(pawl::kRejects).size() == pawl::kRejects);
  CHECK(words<pawl::Repair>(pawl::kRepairs).size() == pawl::kRepairs);
  CHECK(words<pawl::Drop>(pawl::kDrops).size() == pawl::kDrops);
}

TEST_CASE("the words stand in the order of the enumerators") {
  CHECK(to_string(pawl::MetricType::set) == "set");
  CHECK(wire_name(pawl::MetricType::timing) == "ms");
  CHECK(wire_name(static_cast<pawl::MetricType>(99)) == "unknown");
  CHECK(to_string(pawl::Cardinality::high) == "high");
  CHECK(to_string(pawl::Reject::sampled_out) == "sampled_out");
  CHECK(to_string(pawl::Reject::closed) == "closed");
  CHECK(to_string(pawl::Reject::policy) == "policy");
  CHECK(to_string(pawl::Repair::tag_cut) == "tag_cut");
  CHECK(to_string(pawl::Repair::context_overflow) == "context_overflow");
  CHECK(to_string(pawl::Repair::tag_value) == "tag_value");
  CHECK(to_string(pawl::Drop::queue_full) == "queue_full");
  CHECK(to_string(pawl::Drop::shutdown) == "shutdown");
}

}  // namespace
