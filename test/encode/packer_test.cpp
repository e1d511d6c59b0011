#include "encode/packer.h"

#include <new>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/alloc_counter.h"
#include "support/oracle.h"

namespace {

using pawl::Amount;
using pawl::MetricType;
using pawl::encode::Constants;
using pawl::encode::Datagram;
using pawl::encode::Frame;
using pawl::encode::Packer;
using pawl::encode::Packing;
using Strings = std::vector<std::string>;
using Values = std::vector<double>;

const Constants kNone{};

Frame frame(MetricType type, std::string_view name = "n") {
  return {.name = name, .tags = "", .type = type};
}

Strings payloads(const std::vector<Datagram>& datagrams, std::size_t limit) {
  Strings payloads;
  for (const Datagram& datagram : datagrams) {
    const auto decoded = pawl::test::decode(datagram.payload, {.max_bytes = limit});
    REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
    payloads.push_back(datagram.payload);
  }
  return payloads;
}

TEST_CASE("lines share a datagram as long as they fit") {
  Packer packer{14, Packing::many_values, kNone};
  CHECK(packer.add(frame(MetricType::count), std::int64_t{1}, {1, 1}));
  CHECK(packer.add(frame(MetricType::gauge), 2.5, {2, 0}));  // 14 bytes
  CHECK(packer.add(frame(MetricType::set), "m", {3, 0}));
  const auto datagrams = packer.take();
  CHECK(payloads(datagrams, 14) == Strings{"n:1|c\nn:2.5|g\n", "n:m|s\n"});
  CHECK(datagrams[0].amount == Amount{3, 1});
  CHECK(datagrams[1].amount == Amount{3, 0});
}

TEST_CASE("a packer without lines gives no datagram, and starts anew after taking") {
  Packer packer{100, Packing::many_values, kNone};
  CHECK(packer.take().empty());
  packer.add(frame(MetricType::count), std::int64_t{1}, {1, 1});
  CHECK(packer.take().size() == 1);
  CHECK(packer.take().empty());
}

TEST_CASE("a line that is too long is refused and takes nothing else with it") {
  Packer packer{16, Packing::many_values, kNone};
  CHECK(packer.add(frame(MetricType::count), std::int64_t{1}, {1, 1}));
  CHECK_FALSE(packer.add(frame(MetricType::count), std::int64_t{123'456'789'012}, {9, 9}));
  CHECK_FALSE(packer.add(frame(MetricType::gauge), 1.23456789012, {9, 0}));
  CHECK_FALSE(packer.add(frame(MetricType::set), "a long member", {9, 0}));
  CHECK_FALSE(packer.add_line("_sc|a long check|0\n", {9, 0}));
  CHECK(packer.add(frame(MetricType::count), std::int64_t{2}, {1, 2}));
  const auto datagrams = packer.take();
  CHECK(payloads(datagrams, 16) == Strings{"n:1|c\nn:2|c\n"});
  CHECK(datagrams[0].amount == Amount{2, 3});
}

TEST_CASE("a line of exactly the limit fits, one byte more does not") {
  Packer packer{8, Packing::many_values, kNone};
  CHECK(packer.add(frame(MetricType::count), std::int64_t{123}, {1, 123}));
  CHECK_FALSE(packer.add(frame(MetricType::count), std::int64_t{1234}, {1, 1234}));
  CHECK(payloads(packer.take(), 8) == Strings{"n:123|c\n"});
}

TEST_CASE("the origin and the cardinality count towards the limit") {
  const Constants constants{"env:prod", "|c:in-7|e:it-true", pawl::Cardinality::low};
  const std::string line = "n:1|c|#env:prod|c:in-7|e:it-true|card:low\n";
  Packer fits{line.size(), Packing::many_values, constants};
  CHECK(fits.add(frame(MetricType::count), std::int64_t{1}, {1, 1}));
  CHECK(payloads(fits.take(), line.size()) == Strings{line});
  Packer tight{line.size() - 1, Packing::many_values, constants};
  CHECK_FALSE(tight.add(frame(MetricType::count), std::int64_t{1}, {1, 1}));
  CHECK(tight.add(frame(MetricType::distribution), Values{1, 2}) == 2);
  CHECK(tight.take().empty());
}

TEST_CASE("values are packed into one line, which is split at the limit") {
  Packer packer{12, Packing::many_values, kNone};
  CHECK(packer.add(frame(MetricType::distribution), Values{1, 2, 3, 4, 5, 6, 7}) == 0);
  const auto datagrams = packer.take();
  CHECK(payloads(datagrams, 12) == Strings{"n:1:2:3:4|d\n", "n:5:6:7|d\n"});
  CHECK(datagrams[0].amount == Amount{4, 0});
  CHECK(datagrams[1].amount == Amount{3, 0});
}

TEST_CASE("values go on in a datagram that other lines have begun") {
  Packer packer{14, Packing::many_values, kNone};
  packer.add(frame(MetricType::count), std::int64_t{1}, {1, 1});
  CHECK(packer.add(frame(MetricType::timing, "t"), Values{1, 2}) == 0);
  CHECK(packer.add(frame(MetricType::timing, "t"), Values{}) == 0);
  CHECK(payloads(packer.take(), 14) == Strings{"n:1|c\nt:1|ms\n", "t:2|ms\n"});
}

TEST_CASE("a value that makes its line too long is refused alone") {
  Packer packer{11, Packing::many_values, kNone};
  const Values values = {1, 1.23456789, 2, 9.87654321, 9.87654321, 3, 1e-300};
  CHECK(packer.add(frame(MetricType::histogram), values) == 3);
  const auto datagrams = packer.take();
  Amount sum;
  for (const Datagram& datagram : datagrams) sum += datagram.amount;
  CHECK(sum == Amount{4, 0});
  CHECK(payloads(datagrams, 11) == Strings{"n:1|h\n", "n:2|h\n", "n:3|h\n", "n:1e-300|h\n"});
}

TEST_CASE("for a receiver that reads only the first value every value has a line") {
  Packer packer{1000, Packing::one_value, kNone};
  CHECK(packer.add(frame(MetricType::distribution), Values{1, 2, 3}) == 0);
  const auto datagrams = packer.take();
  CHECK(payloads(datagrams, 1000) == Strings{"n:1|d\nn:2|d\nn:3|d\n"});
  CHECK(datagrams[0].amount == Amount{3, 0});
  CHECK(pawl::test::decode(datagrams[0].payload, {.serverless = true}).accepted());
}

TEST_CASE("a gauge of 0.00001 does not arrive as 0") {
  Packer packer{100, Packing::many_values, kNone};
  packer.add(frame(MetricType::gauge), 1e-5, {1, 0});
  CHECK(payloads(packer.take(), 100) == Strings{"n:1e-05|g\n"});
}

TEST_CASE("what is full can be taken before the rest") {
  Packer packer{8, Packing::many_values, kNone};
  packer.add(frame(MetricType::count), std::int64_t{1}, {1, 1});
  packer.add(frame(MetricType::count), std::int64_t{2}, {1, 2});
  CHECK(payloads(packer.take_full(), 8) == Strings{"n:1|c\n"});
  CHECK(packer.take_full().empty());
  CHECK(payloads(packer.take(), 8) == Strings{"n:2|c\n"});
}

TEST_CASE("the memory of spares is used again, and what is in them is not") {
  std::vector<Datagram> spares;
  spares.push_back({std::string(5'000, 'x'), {7, 7}});
  const char* const memory = spares.front().payload.data();
  Packer packer{8, Packing::many_values, kNone, std::move(spares)};
  packer.add(frame(MetricType::count), std::int64_t{1}, {1, 1});
  packer.add(frame(MetricType::count), std::int64_t{2}, {1, 2});
  const auto datagrams = packer.take();
  CHECK(payloads(datagrams, 8) == Strings{"n:1|c\n", "n:2|c\n"});
  CHECK(datagrams.front().payload.data() == memory);
  CHECK(datagrams.front().amount == Amount{1, 1});
}

TEST_CASE("lines of all kinds in turn keep their own rates, tags and times") {
  const Constants constants{"g", "|c:in-7", pawl::Cardinality::unset};
  Packer packer{1000, Packing::many_values, constants};
  Frame sampled = frame(MetricType::distribution, "s");
  sampled.rate = 0.5F;
  Frame tagged = sampled;
  tagged.tags = "a";
  Frame stamped = frame(MetricType::gauge, "t");
  stamped.unix_seconds = 1'700'000'000;
  Frame later = stamped;
  later.unix_seconds = 1'700'000'001;
  packer.add(frame(MetricType::distribution), Values{1});
  packer.add(sampled, Values{1});
  packer.add(tagged, Values{1});
  packer.add(stamped, 1.0, {1, 0});
  packer.add(later, 1.0, {1, 0});
  packer.add(frame(MetricType::gauge), 1.0, {1, 0});
  CHECK(payloads(packer.take(), 1000) == Strings{"n:1|d|#g|c:in-7\n"
                                                 "s:1|d|@0.5|#g|c:in-7\n"
                                                 "s:1|d|@0.5|#g,a|c:in-7\n"
                                                 "t:1|g|#g|c:in-7|T1700000000\n"
                                                 "t:1|g|#g|c:in-7|T1700000001\n"
                                                 "n:1|g|#g|c:in-7\n"});
}

// Gives the samples in whole datagrams when the nth allocation failed, or all when it did not.
std::uint64_t samples_in_datagrams(Packer& packer, std::uint64_t nth) {
  std::vector<Datagram> datagrams;
  try {
    const pawl::test::FailingAlloc failing{nth};
    for (std::int64_t i = 0; i < 20; ++i) packer.add(frame(MetricType::count), i, {1, i});
    packer.add(frame(MetricType::distribution), Values(50, 1.5));
    datagrams = packer.take();
  } catch (const std::bad_alloc&) {
    datagrams = packer.take();
  }
  std::uint64_t values = 0;
  for (const Datagram& datagram : datagrams) {
    const auto decoded = pawl::test::decode(datagram.payload, {.max_bytes = 40});
    REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
    std::uint64_t here = 0;
    for (const auto& metric : decoded.metrics()) here += metric.values.size();
    REQUIRE(here == datagram.amount.samples);
    values += here;
  }
  return values;
}

TEST_CASE("wherever memory runs out, the datagrams hold exactly what they say") {
  PAWL_SKIP_UNDER_SANITIZER();
  std::uint64_t nth = 1;
  for (std::uint64_t samples = 0; samples != 70; ++nth) {
    REQUIRE(nth < 1000);
    Packer packer{40, Packing::many_values, kNone};
    samples = samples_in_datagrams(packer, nth);
    REQUIRE(samples <= 70);
  }
  CHECK(nth > 10);
}

}  // namespace
