#pragma once
// What an Agent would hold after a number of metrics: counts summed, the last gauges, the members
// of sets, the sketches of distributions, and how many there are of each value of histograms and
// timings. The demo keeps two, one of what was recorded and one of what arrived, and compares them
// context by context.
//
// Threads: one at a time.
// Cost: that of the sketches, and about 50 bytes a value of a histogram or timing; meant for runs
// of seconds, not for days.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tools/agent_sketch.h"
#include "tools/decode.h"

namespace pawl::tools {

// Gives the number that a value is; 0 for the member of a set.
double to_number(const Value& value) noexcept;

// One series: the wire's type, the name, and the tags sorted and each once.
struct Context {
  std::string type;
  std::string name;
  std::vector<std::string> tags;

  Context(std::string type, std::string name, std::vector<std::string> tags);
  explicit Context(const Item& metric);
  auto operator<=>(const Context&) const = default;
};

struct Held {
  std::int64_t whole = 0;                 // c: the exact sum of the whole values without a rate
  double rest = 0;                        // c: the sum of the others, divided by their rate
  std::optional<double> gauge;            // g: the last value
  std::set<std::string> members;          // s: the union
  AgentSketch sketch;                     // d
  std::map<double, std::int64_t> values;  // h, ms: how many of each the Agent counts
  double values_sum = 0;                  // h, ms
  std::vector<std::pair<std::int64_t, double>> points;  // c and g with a timestamp

  // Gives how many samples the Agent counts, and their sum.
  std::int64_t weight() const;
  double sum() const { return sketch.sum() + values_sum; }
};

// Tells whether both hold the same: sums to 1e-12, because fractions round in the order in which
// they come, and everything else exactly.
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
