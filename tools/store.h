#pragma once
// What an Agent would hold after a number of metrics: counts summed, the last gauges, the members
// of sets, the samples of the rest with their weights. The demo keeps two, one of what was recorded
// and one of what arrived, and compares them context by context.
//
// Threads: one at a time.
// Cost: sixteen bytes a sample; meant for runs of seconds, not for days.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/decode.h"

namespace pawl::tools {

// One series: the wire's type, the name, and the tags sorted and each once.
struct Context {
  std::string type;
  std::string name;
  std::vector<std::string> tags;

  Context(std::string type, std::string name, std::vector<std::string> tags);
  explicit Context(const Item& metric);
  auto operator<=>(const Context&) const = default;
};

struct Sample {
  double value = 0;
  std::int64_t weight = 1;  // the whole part of 1 / rate, as the Agent takes it

  auto operator<=>(const Sample&) const = default;
};

struct Held {
  std::int64_t whole = 0;         // c: the exact sum of the whole values without a rate
  double rest = 0;                // c: the sum of the others, divided by their rate
  std::optional<double> gauge;    // g: the last value
  std::set<std::string> members;  // s: the union
  std::vector<Sample> samples;    // h, d, ms: in the order of arrival
  std::vector<std::pair<std::int64_t, double>> points;  // c and g with a timestamp

  // Gives how many samples the Agent counts, and their sum.
  std::int64_t weight() const;
  double sum() const;
};

// Tells whether both hold the same; samples and points may have come in another order.
bool same(const Held& left, const Held& right);

class Store {
 public:
  // Adds a metric; events and checks change nothing.
  void add(const Item& item);

  const std::map<Context, Held>& contexts() const noexcept { return contexts_; }
  // Gives what is held for a context; an empty Held when there is none.
  const Held& of(const Context& context) const;

  // Gives the contexts that the two do not hold alike.
  friend std::vector<Context> differences(const Store& left, const Store& right);

 private:
  std::map<Context, Held> contexts_;
};

}  // namespace pawl::tools
