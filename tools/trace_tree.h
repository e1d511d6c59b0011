#pragma once
// The spans of one trace in the order in which they are shown: each below its parent, siblings by
// their start. A span whose parent is not here, or whose parents go round in a circle, stands on
// its own and is marked.
//
// Threads: pure functions. Cost: without recursion, however deep the spans are nested.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/trace_span.h"

namespace pawl::tools {

struct TraceNode {
  enum class Place : std::uint8_t { root, child, orphan, circle };

  const TraceSpan* span = nullptr;
  const TraceSpan* parent = nullptr;  // of a child
  std::size_t depth = 0;
  Place place = Place::root;
};

// The nodes view the spans.
std::vector<TraceNode> tree_of(const std::vector<TraceSpan>& spans);

}  // namespace pawl::tools
