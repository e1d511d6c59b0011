// Over random frames, values and limits: no datagram above its limit, every line accepted by the
// oracle, every value there once and in order, every amount that of its datagram, and only what
// does not fit alone refused.

#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "encode/packer.h"
#include "support/oracle.h"
#include "support/seed.h"

namespace {

using pawl::Amount;
using pawl::Cardinality;
using pawl::MetricType;
using pawl::encode::Constants;
using pawl::encode::Datagram;
using pawl::encode::Frame;
using pawl::encode::Packer;
using pawl::encode::Packing;
using pawl::test::Metric;
using pawl::test::Random;

struct Expected {
  std::string name;
  std::string type;
  double value = 0;
  std::string member;
  bool operator==(const Expected&) const = default;
};

std::vector<Expected> flattened(const std::vector<Metric>& metrics) {
  std::vector<Expected> values;
  for (const Metric& metric : metrics) {
    if (metric.type == "s") values.push_back({metric.name, "s", 0, metric.set_value});
    for (const double value : metric.values)
      values.push_back({metric.name, metric.type, value, ""});
  }
  return values;
}

struct Reached {
  std::size_t datagrams = 0;
  std::size_t packed_lines = 0;
  std::size_t refused_lines = 0;
  std::size_t refused_values = 0;
  std::size_t nearly_full = 0;
};

class Scenario {
 public:
  Scenario(std::uint64_t stream, Reached& reached)
      : random_(stream),
        reached_(reached),
        limit_(random_.chance(0.5) ? 128 + random_.below(200) : 128 + random_.below(8065)),
        packing_(random_.chance(0.2) ? Packing::one_value : Packing::many_values),
        constants_(random_constants()),
        packer_(limit_, packing_, constants_) {}

  void run() {
    for (std::size_t i = 20 + random_.below(100); i > 0; --i) add_something();
    std::vector<Expected> got;
    for (const Datagram& datagram : packer_.take()) check(datagram, got);
    CHECK(got == expected_);
  }

 private:
  std::string word(std::size_t longest) {
    return "w" + random_.text(random_.below(longest), "abz019_.");
  }
  std::string random_tags() {
    std::string tags;
    for (std::size_t i = random_.below(6); i > 0; --i)
      tags += (tags.empty() ? "" : ",") + word(30) + ":" + word(20);
    return tags;
  }
  Constants random_constants() {
    return {random_.chance(0.5) ? random_tags() : "",
            random_.chance(0.5) ? "|c:in-4711|e:it-true" : "",
            static_cast<Cardinality>(random_.below(5))};
  }
  double random_value() {
    const auto bits = std::bit_cast<double>(random_.next());
    if (random_.chance(0.5) && std::isfinite(bits)) return bits;
    return static_cast<double>(random_.between(-9, 999));
  }

  // Asks a packer that has room for any line how long the one of this value is.
  template <class Value>
  bool fits_alone(const Frame& frame, const Value& value) {
    Packer roomy{2000, packing_, constants_};
    roomy.add(frame, value, Amount{});
    return roomy.take().at(0).payload.size() <= limit_;
  }

  template <class Value>
  void add_one(const Frame& frame, const Value& value, std::int64_t counted, Expected expected) {
    const bool fits = packer_.add(frame, value, {1, counted});
    REQUIRE(fits == fits_alone(frame, value));
    if (fits)
      expected_.push_back(std::move(expected));
    else
      ++reached_.refused_lines;
  }

  void add_many(const Frame& frame) {
    std::vector<double> values;
    for (std::size_t i = random_.below(200); i > 0; --i) values.push_back(random_value());
    const std::size_t refused = packer_.add(frame, values);
    std::size_t too_long = 0;
    for (const double value : values)
      if (fits_alone(frame, value))
        expected_.push_back(
            {std::string{frame.name}, std::string{wire_name(frame.type)}, value, ""});
      else
        ++too_long;
    REQUIRE(refused == too_long);
    reached_.refused_values += refused;
  }

  void add_something() {
    const std::string name = word(random_.chance(0.1) ? 190 : 60);
    const std::string tags = random_tags();
    Frame frame{.name = name,
                .tags = tags,
                .type = static_cast<MetricType>(random_.below(pawl::kMetricTypes)),
                .cardinality = static_cast<Cardinality>(random_.below(5))};
    if (frame.type == MetricType::count) {
      const std::int64_t value = random_.between(-(std::int64_t{1} << 52), std::int64_t{1} << 52);
      add_one(frame, value, value, {name, "c", static_cast<double>(value), ""});
    } else if (frame.type == MetricType::gauge) {
      if (random_.chance(0.3)) frame.unix_seconds = 1'700'000'000;
      const double value = random_value();
      add_one(frame, value, 0, {name, "g", value, ""});
    } else if (frame.type == MetricType::set) {
      const std::string member = word(80);
      add_one(frame, std::string_view{member}, 0, {name, "s", 0, member});
    } else {
      if (random_.chance(0.4)) frame.rate = static_cast<float>(random_.between(1, 99)) / 100.0F;
      add_many(frame);
    }
  }

  void check(const Datagram& datagram, std::vector<Expected>& got) {
    const auto decoded = pawl::test::decode(datagram.payload, {.max_bytes = limit_});
    REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
    Amount amount;
    for (const Expected& one : flattened(decoded.metrics())) {
      amount += {1, one.type == "c" ? static_cast<std::int64_t>(one.value) : 0};
      got.push_back(one);
    }
    REQUIRE(datagram.amount == amount);
    for (const Metric& metric : decoded.metrics()) {
      if (packing_ == Packing::one_value) REQUIRE(metric.values.size() <= 1);
      reached_.packed_lines += metric.values.size() > 1 ? 1U : 0U;
    }
    ++reached_.datagrams;
    reached_.nearly_full += datagram.payload.size() + 30 >= limit_ ? 1U : 0U;
  }

  Random random_;
  Reached& reached_;
  const std::size_t limit_;
  const Packing packing_;
  const Constants constants_;
  Packer packer_;
  std::vector<Expected> expected_;
};

TEST_CASE("datagrams hold what was added, in order, within their limit") {
  PAWL_PRINT_SEED();
  Reached reached;
  for (std::uint64_t stream = 0; stream < 60; ++stream) {
    INFO("stream ", stream);
    Scenario{stream, reached}.run();
  }
  CHECK(reached.datagrams > 500);
  CHECK(reached.packed_lines > 1000);
  CHECK(reached.refused_lines > 100);
  CHECK(reached.refused_values > 100);
  CHECK(reached.nearly_full > reached.datagrams / 4);
}

}  // namespace
