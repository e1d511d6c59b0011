#pragma once
// Spans as an Agent takes them from the wire, and the chunks that they come in.
//
// Threads: values.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pawl::tools {

struct TraceLink {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_id = 0;
  std::uint64_t span_id = 0;
  std::map<std::string, std::string> attributes;
};

struct TraceSpan {
  std::string service;
  std::string name;
  std::string resource;
  std::string type;
  std::uint64_t trace_id = 0;  // the low half; the high one is in meta, "_dd.p.tid"
  std::uint64_t span_id = 0;
  std::uint64_t parent_id = 0;
  std::int64_t start = 0;     // nanoseconds since the epoch
  std::int64_t duration = 0;  // nanoseconds
  std::int32_t error = 0;
  std::map<std::string, std::string> meta;
  std::map<std::string, double> metrics;
  std::map<std::string, std::string> meta_struct;  // MessagePack
  std::vector<TraceLink> links;
};

using TraceChunk = std::vector<TraceSpan>;

}  // namespace pawl::tools
