#pragma once

// What a program says to be recorded under, as it says it.
//
// Threads: a value on the caller's stack; its text is the caller's.

#include <cstdint>
#include <string_view>

#include <pawl/metric.h>
#include <pawl/tags.h>

namespace pawl::context {

// `scope` is the child client's number.
struct Call {
  MetricType type;
  Cardinality cardinality;
  std::uint32_t scope;
  std::string_view name;
  Tags tags;
};

}  // namespace pawl::context
