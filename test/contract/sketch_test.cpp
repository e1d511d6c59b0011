// The proof that a compressed distribution is the same to the Agent: samples go raw into a port of
// the Agent's sketch, and through a client, its datagrams and the strict oracle into another. The
// port shares no code with the library (tools/agent_sketch.h).

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <pawl/pawl.h>

#include "client/memory_client.h"
#include "contract/sketch_agents.h"
#include "contract/sketch_data.h"
#include "support/sanitizers.h"
#include "support/seed.h"

namespace {

using pawl::Reject;
using pawl::SendStatus;
using pawl::test::decode;
using pawl::test::kSketchData;
using pawl::test::kUnderSanitizer;
using pawl::test::MemoryClient;
using pawl::test::Metric;
using pawl::test::quiet_options;
using pawl::test::Random;
using pawl::test::sketch_data;
using pawl::test::SketchAgents;
using pawl::test::SketchData;
using pawl::tools::whole_weight_of;

// 4,004 in all; where sanitizers make each ten times as long, a sample of them.
constexpr std::size_t kSetsOfAKind = kUnderSanitizer ? 52 : 364;
constexpr std::size_t kSetsOfAClient = 26;
constexpr std::array<std::size_t, 2> kDatagramBytes{1432, 8192};
constexpr std::array<std::size_t, 12> kSizes{
    1, 2, 3, 7, 30, 100, 200, 300, 500, 1'000, 2'000, 5'000};

std::vector<Metric> metrics_of(const std::vector<std::string>& payloads) {
  std::vector<Metric> all;
  for (const std::string& payload : payloads) {
    for (const Metric& metric : decode(payload).metrics()) all.push_back(metric);
  }
  return all;
}

// How the client wrote the samples of one set.
struct Writing {
  bool compressed = false;  // there are values that stand for several
  bool split = false;       // over datagrams
};

// What happened in all sets of a kind.
struct Reached {
  std::size_t compressed = 0;
  std::size_t raw = 0;
  std::size_t compressed_and_split = 0;

  void add(const Writing& writing) {
    ++(writing.compressed ? compressed : raw);
    if (writing.compressed && writing.split) ++compressed_and_split;
  }
};

// A distribution whose lines are nearly as long as a datagram of 1432 bytes may be: beside a value
// and the end of the line there is room for `spare` bytes.
pawl::Distribution long_distribution(MemoryClient& client, std::size_t spare) {
  constexpr std::string_view kKeys = "abcdefghij";
  const std::size_t bytes = 1432 - sizeof("d:1|d|#") - spare;
  const std::string value(bytes / kKeys.size() + 1, 'v');
  std::vector<pawl::Tag> tags;
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    // A key, a colon and a comma come with it.
    const std::size_t size = value.size() - (i < bytes % kKeys.size() ? 0 : 1) - 3;
    tags.push_back({kKeys.substr(i, 1), std::string_view{value}.substr(0, size)});
  }
  return client->distribution("d", tags);
}

// Records, flushes, and compares what Agents make of the one and of the other.
Writing check_set(MemoryClient& client,
                  const std::vector<double>& samples,
                  const pawl::Distribution& distribution) {
  SketchAgents expected;
  for (const double sample : samples) expected.insert(sample);
  distribution.record(samples);
  const auto payloads = client.payloads();
  SketchAgents got;
  Writing writing{.compressed = false, .split = payloads.size() > 1};
  for (const Metric& metric : metrics_of(payloads)) {
    CHECK(metric.type == "d");
    got.insert(metric);
    writing.compressed = writing.compressed || metric.rate != 1;
  }
  CHECK(difference(expected, got) == "");
  return writing;
}
Writing check_set(MemoryClient& client, const std::vector<double>& samples) {
  return check_set(client, samples, client->distribution("d"));
}

void check_all_handed_over(MemoryClient& client) {
  const pawl::Stats stats = client->stats();
  CHECK(stats.balanced());
  CHECK(stats.handed_to_kernel == stats.called);
}

TEST_CASE("an Agent holds the same sketch whether samples come raw or compressed") {
  PAWL_PRINT_SEED();
  for (std::size_t number = 0; number < kSketchData; ++number) {
    const auto kind = static_cast<SketchData>(number);
    CAPTURE(to_string(kind));
    Random random{number};
    Reached reached;
    std::optional<MemoryClient> client;
    for (std::size_t set = 0; set < kSetsOfAKind; ++set) {
      CAPTURE(set);
      // What one set leaves behind in the client is there for the next ones.
      if (set % kSetsOfAClient == 0) {
        client.emplace(quiet_options(), kDatagramBytes[set / kSetsOfAClient % 2]);
      }
      reached.add(check_set(*client, sketch_data(kind, random.pick(kSizes), random)));
      check_all_handed_over(*client);
    }
    CHECK(reached.compressed > kSetsOfAKind / 10);
    CHECK(reached.raw > kSetsOfAKind / 20);
    CHECK((reached.compressed_and_split > 0 || kind == SketchData::zeros ||
           kind == SketchData::repeats));
  }
}

TEST_CASE("the same holds where name and tags nearly fill the datagram: no sample is too long") {
  PAWL_PRINT_SEED();
  Random random;
  for (const SketchData kind : {SketchData::tokens, SketchData::repeats, SketchData::latencies}) {
    // Of tokens each fits into four bytes; of the others, any that a double may be.
    const std::size_t least = kind == SketchData::tokens ? 4 : 24;
    for (std::size_t spare = least; spare < 100; spare += 3) {
      CAPTURE(to_string(kind));
      CAPTURE(spare);
      MemoryClient client;
      const pawl::Distribution distribution = long_distribution(client, spare);
      for (const std::size_t size : {100U, 1'000U})
        check_set(client, sketch_data(kind, size, random), distribution);
      check_all_handed_over(client);
    }
  }
}

TEST_CASE("an Agent holds the same sketch of a million samples") {
  PAWL_PRINT_SEED();
  Random random;
  for (const SketchData kind : {SketchData::latencies, SketchData::costs, SketchData::tokens}) {
    CAPTURE(to_string(kind));
    MemoryClient client;
    CHECK(check_set(client, sketch_data(kind, 1'000'000, random)).compressed);
    check_all_handed_over(client);
  }
}

// How many there are of each value, as the Agent counts them for h and ms.
using Values = std::map<double, std::int64_t>;

Values values_of(const std::vector<Metric>& metrics) {
  Values values;
  for (const Metric& metric : metrics) {
    for (const double value : metric.values) values[value] += whole_weight_of(metric.rate);
  }
  return values;
}

TEST_CASE("of a histogram and of timings each value arrives as often as it was recorded") {
  PAWL_PRINT_SEED();
  for (std::size_t number = 0; number < kSketchData; ++number) {
    const auto kind = static_cast<SketchData>(number);
    CAPTURE(to_string(kind));
    Random random{number};
    MemoryClient client;
    for (std::size_t set = 0; set < 30; ++set) {
      Values expected;
      const pawl::Histogram histogram = client->histogram("h");
      const pawl::Timing timing = client->timing("ms");
      for (const double sample : sketch_data(kind, random.pick(kSizes), random)) {
        ++expected[sample];
        histogram.record(sample);
        timing.record(std::chrono::duration<double, std::milli>{std::abs(sample)});
      }
      Values expected_times;
      for (const auto& [value, count] : expected) expected_times[std::abs(value)] += count;
      Values got_times;
      Values got;
      for (const Metric& metric : metrics_of(client.payloads())) {
        const Values found = values_of({metric});
        for (const auto& [value, count] : found)
          (metric.type == "h" ? got : got_times)[value] += count;
      }
      CHECK(got == expected);
      CHECK(got_times == expected_times);
    }
    check_all_handed_over(client);
  }
}

// Tells whether the one sample just recorded was kept: the client says so.
bool was_kept(MemoryClient& client, std::uint64_t& sampled_out) {
  const std::uint64_t before =
      std::exchange(sampled_out, client->stats()[Reject::sampled_out].samples);
  return before == sampled_out;
}

TEST_CASE("a caller's sample rate weighs as the Agent would have weighed it, in every bin") {
  PAWL_PRINT_SEED();
  Random random;
  for (const double rate : {0.5, 0.25, 0.1, 0.9, 1.0 / 3, 1.0 / 7, 0.3, 0.01, 0.7}) {
    CAPTURE(rate);
    MemoryClient client;
    std::uint64_t sampled_out = 0;
    for (const SketchData kind :
         {SketchData::latencies, SketchData::repeats, SketchData::boundaries}) {
      SketchAgents expected;
      for (const double sample : sketch_data(kind, 2'000, random)) {
        client->distribution("d", sample, {}, {.sample_rate = rate});
        if (was_kept(client, sampled_out)) expected.insert(sample, rate);
      }
      for (const double sample : sketch_data(kind, 500, random)) {
        client->distribution("d", sample);
        expected.insert(sample);
      }
      SketchAgents got;
      for (const Metric& metric : metrics_of(client.payloads())) got.insert(metric);
      CHECK(difference(expected, got) == "");
    }
  }
}

TEST_CASE("the ledger counts the samples that a datagram stands for, whether it arrives or not") {
  PAWL_PRINT_SEED();
  Random random;
  std::uint64_t dropped = 0;
  for (std::size_t number = 0; number < kSketchData; ++number) {
    const auto kind = static_cast<SketchData>(number);
    CAPTURE(to_string(kind));
    MemoryClient client{quiet_options(), 256};
    std::uint64_t arrived = 0;
    std::uint64_t recorded = 0;
    for (std::size_t set = 0; set < 40; ++set) {
      const auto samples = sketch_data(kind, random.pick(kSizes), random);
      client.transport->behave(random.chance(0.3) ? SendStatus::failed : SendStatus::sent);
      client->distribution("d", samples);
      client->histogram("h", samples);
      for (const Metric& metric : metrics_of(client.payloads())) {
        arrived += metric.values.size() * static_cast<std::uint64_t>(whole_weight_of(metric.rate));
      }
      recorded += 2 * samples.size();
      const pawl::Stats stats = client->stats();
      CHECK(stats.balanced());
      CHECK(stats.called.samples == recorded);
      CHECK(stats.handed_to_kernel.samples == arrived);
      CHECK(stats.dropped.total().samples == recorded - arrived);
    }
    dropped += recorded - arrived;
  }
  CHECK(dropped > 0);
}

}  // namespace
