#pragma once
// A call's way to its context, as the client goes it: by its shape, else by the registry.
//
// Threads: any.

#include <string_view>

#include "context/registry.h"

namespace pawl::test {

// REQUIRES: `tags` live as long as the call.
inline context::Call call_of(MetricType type, std::string_view name, Tags tags = {}) {
  return {type, Cardinality::unset, 0, name, tags};
}

inline context::Known shape_of(const context::Registry& registry, const context::Call& call) {
  return registry.find(registry.digester().digest(call));
}

inline context::Answer look_up(context::Registry& registry, const context::Call& call) {
  const context::Known known = shape_of(registry, call);
  if (known.is_new()) return registry.resolve(call);
  return {known.context(), registry.note(known)};
}

inline int times(const tags::Repairs& repairs, Repair repair) {
  return repairs.times[static_cast<std::size_t>(repair)];
}

}  // namespace pawl::test
