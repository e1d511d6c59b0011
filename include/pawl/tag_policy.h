#pragma once

// Which tags may become part of a metric. Every distinct tag value is a new time series and a new
// line on the bill, so a policy names the keys that may pass; the rest is dropped from the metric
// (the sample itself is kept, so sums stay exact) and counted.
//
// It runs once for each shape of call (name and tags as written), never on the hit path.
//
// Threads: a value. Cost: nothing for a call whose shape is known. Errors: none.

#include <optional>
#include <string>
#include <vector>

namespace pawl {

struct TagPolicy {
  // Keys that may pass; nullopt (the default) lets all pass, an empty list none. Tags of the
  // options (global tags, a child's tags) are the program's own choice and always pass.
  std::optional<std::vector<std::string>> allowed_keys;
};

}  // namespace pawl
