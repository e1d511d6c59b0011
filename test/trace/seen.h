#pragma once

// What an Agent would have received: chunks as they were handed over, decoded by msgpack-cxx, which
// shares nothing with the encoder. A body that is no MessagePack, or has another shape than v0.4,
// throws; a key that stands twice in a map too.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::test {

struct SeenLink {
  std::uint64_t trace_id = 0;
  std::uint64_t trace_id_high = 0;
  std::uint64_t span_id = 0;
  std::string tracestate;
  std::uint64_t flags = 0;
};

struct SeenSpan {
  std::string service, name, resource, type;
  std::uint64_t trace_id = 0;
  std::uint64_t span_id = 0;
  std::uint64_t parent_id = 0;
  std::int64_t start = 0;
  std::int64_t duration = 0;
  int error = 0;
  std::map<std::string, std::string> meta;
  std::map<std::string, double> metrics;
  std::map<std::string, std::string> meta_struct;  // name to MessagePack
  std::vector<SeenLink> links;
};

struct SeenChunk {
  std::vector<SeenSpan> spans;
  int priority = 0;
  std::string events;  // MessagePack, as handed over
};

// Decodes an array of spans.
std::vector<SeenSpan> decode_spans(std::string_view msgpack);

// Gives any MessagePack value as JSON.
std::string to_json_text(std::string_view msgpack);

}  // namespace pawl::test
