#pragma once
// What an Agent would hold after a number of datagrams: counts, last gauges, sets, samples and
// timestamped points by type, name and sorted tags. A test keeps two: one fed with payloads, one
// filled with `add` from what it recorded, and asks `difference` for the first thing that is not
// equal.
//
// Threads: one at a time.
// Errors: a refused payload adds the lines before the refused one and is remembered.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/oracle.h"

namespace pawl::test {

// One series. Tags are sorted and each is there once, as the Agent keeps them.
struct Context {
  std::string type;
  std::string name;
  std::vector<std::string> tags;

  Context(std::string type, std::string name, std::vector<std::string> tags = {});
  auto operator<=>(const Context&) const = default;
};

// One value of a h, d or ms line. The Agent truncates the weight, not the sum.
struct Sample {
  double value = 0;
  std::int64_t weight = 1;  // int64(1 / rate)

  auto operator<=>(const Sample&) const = default;
};

struct Held {
  double count = 0;                                     // c: the sum of value * (1 / rate)
  std::optional<double> gauge;                          // g: the last value
  std::set<std::string> members;                        // s: the union
  std::vector<Sample> samples;                          // h, d, ms: in the order of arrival
  double sum = 0;                                       // h, d, ms: the sum of value * (1 / rate)
  std::vector<std::pair<std::int64_t, double>> points;  // c and g with T, never aggregated

  std::int64_t weight() const;         // h, d, ms: how many samples the Agent counts
  std::vector<Sample> sorted() const;  // the samples by value, for comparing without order
};

class Tally {
 public:
  // Decodes one payload and adds what it holds. Returns why it was refused, if it was.
  std::optional<Refusal> feed(std::string_view payload, Limits limits = {});
  void feed_all(const std::vector<std::string>& payloads, Limits limits = {});

  // Adds what one decoded or expected metric does to its context.
  void add(const Metric& metric);

  // Returns what is held for a context; an empty Held when it was never seen.
  const Held& of(const Context& context) const;
  double count(std::string name, std::vector<std::string> tags = {}) const;
  std::optional<double> gauge(std::string name, std::vector<std::string> tags = {}) const;

  // Leaves out the series whose name begins with `prefix`, such as the client's own telemetry.
  Tally without(std::string_view prefix) const;

  const std::map<Context, Held>& contexts() const { return contexts_; }
  const std::vector<Event>& events() const { return events_; }
  const std::vector<ServiceCheck>& service_checks() const { return service_checks_; }
  const std::vector<Refusal>& refusals() const { return refusals_; }
  std::size_t metric_lines() const { return metric_lines_; }
  std::size_t payloads() const { return payloads_; }
  std::size_t bytes() const { return bytes_; }

  // Prints every context on a line of its own.
  std::string dump() const;

 private:
  std::map<Context, Held> contexts_;
  std::vector<Event> events_;
  std::vector<ServiceCheck> service_checks_;
  std::vector<Refusal> refusals_;
  std::size_t metric_lines_ = 0;
  std::size_t payloads_ = 0;
  std::size_t bytes_ = 0;
};

std::string to_string(const Context& context);
std::string to_string(const Held& held);

// Returns "" when both hold the same contexts with the same contents, else one line for each
// context that differs. The order of samples and points does not count. Counts and sums may differ
// by `relative`, because sums of fractions depend on their order; 0 asks for equality.
std::string difference(const Tally& expected, const Tally& got, double relative = 0);

}  // namespace pawl::test
