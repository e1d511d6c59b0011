// Every sample that was recorded, on one side; the decoded lines, on the other: keys, count,
// extremes and sum are the same.

#include "encode/sketch_lines.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "aggregate/rate.h"
#include "support/oracle.h"
#include "support/seed.h"

namespace {

using namespace pawl::aggregate;
using pawl::MetricType;
using pawl::detail::Sample;
using pawl::encode::Constants;
using pawl::encode::Datagram;
using pawl::encode::Frame;
using pawl::encode::Packer;
using pawl::encode::Packing;
using pawl::encode::SketchLines;
using pawl::test::Random;
using Values = std::vector<double>;

const Constants kNone{};

// What an Agent holds of weighted values.
struct Held {
  std::map<std::int32_t, std::uint64_t> bins;
  std::map<double, std::uint64_t> values;
  std::uint64_t count = 0;
  long double sum = 0;
  double min = HUGE_VAL;
  double max = -HUGE_VAL;

  void add(double value, double rate) {
    const std::uint64_t weight = weight_of(rate);
    bins[place_of(value).key] += weight;
    values[value] += weight;
    count += weight;
    sum += static_cast<long double>(value) / static_cast<long double>(rate);
    min = std::min(min, value);
    max = std::max(max, value);
  }
};

struct Sent {
  Held held;
  std::vector<Datagram> datagrams;
  std::uint64_t refused = 0;
  std::size_t bytes = 0;
  std::string text;
};

struct Way {
  Folding folding = Folding::bins;
  float rate = 1.0F;
  std::size_t limit = 8192;
  Packing packing = Packing::many_values;
  std::string tags = "a:b";
};

Sent send(const Values& values, Way way = {}) {
  Budget budget{std::size_t{1} << 30};
  Samples samples{budget, [&way](std::uint32_t) { return way.folding; }};
  for (const double value : values) samples.add(std::vector<Sample>{{0, way.rate, value}});
  auto& series = samples.series()[0];
  samples.finish(series);
  Packer packer{way.limit, way.packing, kNone};
  SketchLines lines{packer};
  Sent sent;
  const double rate = rate_on_wire(way.rate);
  sent.refused = lines.add(
      Frame{.name = "n", .tags = way.tags, .type = MetricType::distribution, .rate = rate}, series);
  sent.datagrams = packer.take();
  std::uint64_t samples_sent = 0;
  for (const Datagram& datagram : sent.datagrams) {
    const auto decoded = pawl::test::decode(datagram.payload, {.max_bytes = way.limit});
    REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
    std::uint64_t here = 0;
    for (const auto& metric : decoded.metrics())
      for (const double value : metric.values) {
        const std::uint64_t before = sent.held.count;
        sent.held.add(value, metric.rate);
        here += (sent.held.count - before) / weight_of(rate);
      }
    REQUIRE(datagram.amount.samples == here);
    samples_sent += here;
    sent.bytes += datagram.payload.size();
    sent.text += datagram.payload;
  }
  REQUIRE(samples_sent + sent.refused == values.size());
  return sent;
}

void check_same(const Values& values, const Way& way = {}) {
  const Sent sent = send(values, way);
  Held raw;
  long double all = 0;
  for (const double value : values) {
    raw.add(value, rate_on_wire(way.rate));
    all += std::abs(static_cast<long double>(value)) / rate_on_wire(way.rate);
  }
  CHECK(sent.refused == 0);
  CHECK(sent.held.count == raw.count);
  CHECK(sent.held.min == raw.min);
  CHECK(sent.held.max == raw.max);
  CHECK(sent.held.bins == raw.bins);
  CHECK(static_cast<double>(std::abs(sent.held.sum - raw.sum) / (all + 1e-300L)) < 1e-13);
  if (way.folding != Folding::bins) CHECK(sent.held.values == raw.values);
}

double latency(Random& random) {
  return 120 * std::exp(random.real() + random.real() + random.real() + random.real() - 2);
}

Values latencies(std::size_t count, Random& random) {
  Values values;
  while (values.size() < count) values.push_back(latency(random));
  return values;
}

// The end of a bin as near as a double comes to it, or some ulps beside.
double boundary(Random& random) {
  const auto key = static_cast<long double>(random.between(500, 2'000));
  auto end = static_cast<double>(std::exp((key - 1337.5L) * std::log1p(1.0L / 64)));
  for (std::int64_t ulps = random.between(-3, 3); ulps > 0; --ulps)
    end = std::nextafter(end, random.chance(0.5) ? 0.0 : 1e300);
  return end;
}

double any_of_kind(std::size_t kind, Random& random) {
  switch (kind) {
    case 0:
      return latency(random);
    case 1:
      return static_cast<double>(random.below(4'000));
    case 2:
      return std::pow(10.0, 6 * random.real() - 6);
    case 3:
      return 0.0;
    case 4:
      return -latency(random);
    case 5:
      return random.chance(0.5) ? 12.5 : 0.1;
    case 6:
      return (random.chance(0.5) ? 1 : -1) * latency(random);
    case 7:
      return std::pow(65.0 / 64.0, static_cast<double>(random.between(-1'000, 1'000)));
    case 8:
      return boundary(random);
    case 9:
      return kNormMin * (1 + (random.real() - 0.5) * 1e-8);
    default:
      return std::pow(10.0, 600 * random.real() - 300) * (random.chance(0.5) ? 1 : -1);
  }
}
constexpr std::size_t kKinds = 11;

TEST_CASE("lines hold the same sketch as the samples, of every kind and number") {
  PAWL_PRINT_SEED();
  for (std::uint64_t stream = 0; stream < 300; ++stream) {
    INFO("stream ", stream);
    Random random{stream};
    const std::size_t kind = stream % (kKinds + 1);
    Values values;
    for (std::size_t i = 1 + random.below(3'000); i > 0; --i)
      values.push_back(any_of_kind(kind == kKinds ? random.below(kKinds) : kind, random));
    check_same(values);
    check_same(values, {.folding = Folding::equal_values});
  }
}

// Found by the fuzzer: the mean of the largest was rounded beyond it, and moved out of its bin's
// last hundredth.
TEST_CASE("the same holds where nearly all samples are the largest, at the end of their bin") {
  PAWL_PRINT_SEED();
  Random random;
  for (int round = 0; round < 100; ++round) {
    Values values;
    for (std::size_t i = 0; i < 2'500; ++i)
      values.push_back(random.chance(0.5) ? 8489.8710270364281 : -4.4923825774981098e-07);
    for (int i = 0; i < 20; ++i) values.push_back(std::exp(-10 * random.real()));
    check_same(values);
    for (double& value : values) value = -value;
    check_same(values);
  }
}

// Where each value that stands for a bin has to be at its end, too.
TEST_CASE("the same holds where samples are as near to the ends of their bins as may be") {
  PAWL_PRINT_SEED();
  Random random;
  for (const std::int32_t sign : {1, -1})
    for (int round = 0; round < 300; ++round) {
      const bool lower = random.chance(0.5);
      const std::int64_t bins = random.between(1, 40);
      Values values;
      for (std::int64_t i = 0; i < bins; ++i) {
        const auto key = static_cast<std::int32_t>(random.between(0, 3'400));
        const Bounds bounds = bounds_of(sign * key);
        values.resize(values.size() + 1 + random.below(900), lower ? bounds.least : bounds.most);
      }
      check_same(values);
    }
}

TEST_CASE("whole numbers below 64 go out as such, and zeros as zero") {
  PAWL_PRINT_SEED();
  Random random;
  Values values;
  for (int i = 0; i < 3'000; ++i) values.push_back(static_cast<double>(random.below(64)));
  for (const auto& [value, count] : send(values).held.values) CHECK(value == std::floor(value));
  for (double& value : values) value = value < 30 ? 0.0 : latency(random);
  const Sent sent = send(values);
  CHECK(sent.held.bins.at(0) == sent.held.values.at(0.0));
}

TEST_CASE("numbers next to zero are not taken for zero where they are all there is") {
  PAWL_PRINT_SEED();
  Random random;
  Values values{7.0};
  for (int i = 0; i < 1'000; ++i) values.push_back(5e-10 * random.real());
  check_same(values);
  for (int i = 0; i < 300; ++i) values.push_back(0.0);
  check_same(values);
}

TEST_CASE("the same holds for a caller's rate, whether its inverse is whole or not") {
  PAWL_PRINT_SEED();
  Random random;
  for (const float rate : {0.5F, 0.1F, 0.01F, 0.001F, 1.0F / 3, 1.0F / 93, 0.3F, 0.75F})
    for (const std::size_t count : {5U, 500U, 5'000U})
      check_same(latencies(count, random), {.rate = rate});
}

TEST_CASE("where it is not, samples go out raw, as no value can stand for several") {
  CHECK(send(Values(4, 3.0), {.rate = 0.3F}).text == "n:3:3:3:3|d|@0.3|#a:b\n");
  CHECK(send(Values(1'000, 3.0), {.rate = 0.3F}).held.count == 3'000);
  CHECK(send(Values(1'000, 3.0), {.rate = 0.3F}).text.find("|@0.3|") != std::string::npos);
}

TEST_CASE("few samples go out as they were recorded, in their order") {
  CHECK(send({3, 1, 2, 1}).text == "n:3:1:2:1|d|#a:b\n");
  Random random;
  const Values values = latencies(Samples::kFewSamples, random);
  CHECK(send(values).held.values.size() == values.size());
}

TEST_CASE("equal values go out once for each bit of their number") {
  CHECK(send(Values(1'040, 7.1), {.folding = Folding::equal_values}).text ==
        "n:7.1|d|@0.0625|#a:b\nn:7.1|d|@0.0009765625|#a:b\n");
}

TEST_CASE("the smallest form is chosen") {
  CHECK(send(Values(100, 7.25)).text == "n:7.25|d|@0.25|#a:b\nn:7.25:7.25:7.25|d|@0.03125|#a:b\n");
  CHECK(send(Values(3, 7.0)).text == "n:7:7:7|d|#a:b\n");
}

// Tags of so many bytes.
std::string tags_of(std::size_t size) {
  std::string tags(size, 't');
  for (std::size_t at = 99; at + 1 < size; at += 100) tags[at] = ',';
  return tags;
}

// How long a line of one value is, without the value.
std::size_t frame_of(const Way& way) { return send({1.0}, way).bytes - std::string{":1"}.size(); }

TEST_CASE("the smallest form is chosen where tags are long and samples many, too") {
  const Way way{.limit = 1432, .tags = tags_of(400)};
  Values values;
  for (int i = 0; i < 200; ++i) values.push_back(i % 60);
  Way raw = way;
  raw.folding = Folding::none;
  const std::size_t most = send(values, raw).bytes;
  CHECK(send(values, way).bytes <= most);
  raw = {.folding = Folding::equal_values, .limit = way.limit, .tags = way.tags};
  CHECK(send(values, raw).bytes <= most);
}

TEST_CASE("a form is never chosen that takes more than all values would, however long the tags") {
  PAWL_PRINT_SEED();
  Random random;
  for (const std::size_t limit : {512U, 1432U})
    for (std::size_t tags = 3; tags < limit - 40; tags += 37) {
      INFO("limit ", limit, " tags ", tags);
      for (const std::uint64_t different : {2U, 20U, 100U}) {
        Values values;
        for (std::size_t i = 2 + random.below(900); i > 0; --i)
          values.push_back(static_cast<double>(random.below(different)));
        Way way{.folding = Folding::none, .limit = limit, .tags = tags_of(tags)};
        const std::size_t raw = send(values, way).bytes;
        way.folding = Folding::equal_values;
        const Sent sent = send(values, way);
        CHECK(sent.refused == 0);
        // A line that begins in what is left of a datagram is cut once more than was reckoned.
        CHECK(sent.bytes <= raw + raw / 10 + tags);
      }
    }
}

TEST_CASE("where the tags leave room for a value and for no rate, every value goes out raw") {
  PAWL_PRINT_SEED();
  Random random;
  for (const std::size_t tags : {1'398U, 900U}) {
    Way way{.folding = Folding::equal_values, .tags = tags_of(tags)};
    const std::size_t frame = frame_of(way);
    for (std::size_t room = 4; room < 40; ++room) {
      INFO("tags ", tags, " room ", room);
      way.limit = frame + room;
      for (const std::size_t count : {20U, 128U, 129U, 3'000U}) {
        Values values;
        while (values.size() < count) values.push_back(static_cast<double>(random.below(60)));
        check_same(values, way);
      }
    }
  }
}

TEST_CASE("the same holds for bins, where there is room for any value") {
  PAWL_PRINT_SEED();
  Random random;
  constexpr std::size_t kLongestValue = 25;
  for (const float rate : {1.0F, 0.1F, 1.0F / 3}) {
    Way way{.rate = rate, .tags = tags_of(1'300)};
    const std::size_t frame = frame_of(way);
    for (std::size_t room = kLongestValue; room < 60; ++room) {
      INFO("rate ", rate, " room ", room);
      way.limit = frame + room;
      check_same(latencies(1'500, random), way);
    }
  }
}

TEST_CASE("numbers near the largest are sent raw, as several times them would be infinite") {
  Values values;
  for (int i = 0; i < 400; ++i) values.push_back(i % 2 == 0 ? -1e308 : 1e308);
  CHECK(send(values).text.find('@') == std::string::npos);
  values.resize(100);
  CHECK(send(values).text.find('@') == std::string::npos);
}

TEST_CASE("a million latencies take a few kilobytes") {
  PAWL_PRINT_SEED();
  Random random;
  CHECK(send(latencies(10'000, random)).bytes < 5'500);
  CHECK(send(latencies(300'000, random)).bytes < 13'000);
}

TEST_CASE("lines are split at the limit, and each datagram says how many samples it holds") {
  PAWL_PRINT_SEED();
  Random random;
  const Values values = latencies(20'000, random);
  for (const std::size_t limit : {128U, 300U, 1432U}) {
    const Sent sent = send(values, {.limit = limit});
    CHECK(sent.refused == 0);
    CHECK(sent.held.count == values.size());
    CHECK(sent.datagrams.size() > 1);
  }
}

TEST_CASE("values whose line is too long are refused with all that they stand for") {
  PAWL_PRINT_SEED();
  Random random;
  const Sent sent = send(latencies(20'000, random), {.limit = 22});
  CHECK(sent.refused > 0);
}

TEST_CASE("what a receiver that reads one value is sent stays as it is") {
  const Sent sent =
      send(Values(300, 5.0), {.folding = Folding::none, .packing = Packing::one_value});
  CHECK(sent.held.count == 300);
  CHECK(sent.text.find('@') == std::string::npos);
  CHECK(sent.text.find("n:5:5") == std::string::npos);
}

}  // namespace
