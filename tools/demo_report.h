#pragma once
// What the demo says of itself at its end, as text: recorded beside arrived, and what it all took.
//
// Threads: pure functions.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <pawl/stats.h>
#include <pawl/trace_stats.h>

#include "tools/demo_receiver.h"
#include "tools/serving.h"
#include "tools/store.h"

namespace pawl::tools {

struct DemoResult {
  const Store& recorded;                                         // the serving threads' own tally
  const Store& arrived;                                          // what was decoded
  const std::map<Context, std::uint64_t>& bytes_without_values;  // of a line of each context
  Stats stats;
  std::uint64_t requests = 0;
  std::uint64_t samples = 0;      // of those requests
  std::uint64_t value_bytes = 0;  // that these take as text
  std::uint64_t refused_lines = 0;
  std::uint64_t datagrams = 0;
  std::uint64_t bytes = 0;
  ServingCosts costs;
  double ns_a_send = 0;
  const TraceSummary& traces;  // what arrived
  trace::TraceStats spans;     // what was recorded

  // Tells whether everything that was recorded arrived, and nothing else.
  bool complete() const;
  // Tells whether the library can send spans at all.
  bool traceable() const { return spans.dropped[trace::SpanDrop::no_http] == 0; }
};

std::vector<std::string> compare_in_words(const DemoResult& result);
std::vector<std::string> spans_in_words(const DemoResult& result,
                                        const std::vector<std::string>& tree);
std::vector<std::string> costs_in_words(const DemoResult& result);

// "1,234,567"; "3.1 MB".
std::string grouped(std::uint64_t number);
std::string in_bytes(std::uint64_t bytes);

}  // namespace pawl::tools
