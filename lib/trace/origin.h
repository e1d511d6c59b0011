#pragma once

// Who sends, in the headers by which the Agent finds the container's tags: its id, the entity (the
// id with `ci-` before it, or the inode of the cgroup with `in-`), and what the admission
// controller said (DD_EXTERNAL_ENV).
//
// Threads: only the one that makes the tracer. Cost: see base/origin.h.
// Errors: none but std::bad_alloc; what is not known is empty.

#include <functional>
#include <string>

#include "base/origin.h"

namespace pawl::trace {

struct Origin {
  std::string container_id;
  std::string entity_id;
  std::string external_env;
};

// `lookup` gives a variable's value, or nullptr.
Origin find_origin(const std::function<const char*(const char*)>& lookup,
                   const base::ProcPaths& paths = {});

}  // namespace pawl::trace
