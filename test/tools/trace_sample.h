#pragma once
// Spans for the tests of the trace intake: as JSON, whose MessagePack another library writes, and
// decoded.

#include <cstdint>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "tools/trace_span.h"

namespace pawl::test {

using Json = nlohmann::ordered_json;

inline constexpr std::int64_t kStart = 1'800'000'000'000'000'000;  // in 2027

inline Json span_json(const std::string& name,
                      std::uint64_t trace,
                      std::uint64_t id,
                      std::uint64_t parent = 0) {
  return {{"service", "ai-api"},
          {"name", name},
          {"resource", name},
          {"type", "web"},
          {"trace_id", trace},
          {"span_id", id},
          {"parent_id", parent},
          {"start", kStart},
          {"duration", 1'430'000'000},
          {"error", 0},
          {"meta", Json::object()},
          {"metrics", Json::object()}};
}

inline std::string packed(const Json& json) {
  const auto bytes = Json::to_msgpack(json);
  return {bytes.begin(), bytes.end()};
}

inline tools::TraceSpan span_of(std::string name, std::uint64_t id, std::uint64_t parent = 0) {
  tools::TraceSpan span;
  span.service = "ai-api";
  span.resource = name;
  span.name = std::move(name);
  span.trace_id = 7;
  span.span_id = id;
  span.parent_id = parent;
  span.start = kStart + static_cast<std::int64_t>(id);
  span.duration = 1'000'000;
  return span;
}

}  // namespace pawl::test
