#include "trace/seen.h"

#include <functional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <msgpack.hpp>

namespace pawl::test {

namespace {

using Object = msgpack::object;

template <class Visit>
void each_entry(const Object& map, const Visit& visit) {
  if (map.type != msgpack::type::MAP) throw std::runtime_error{"not a map"};
  for (std::uint32_t i = 0; i < map.via.map.size; ++i)
    visit(map.via.map.ptr[i].key.as<std::string>(), map.via.map.ptr[i].val);
}

template <class Value>
std::map<std::string, Value> to_map(const Object& map) {
  std::map<std::string, Value> made;
  each_entry(map, [&made](const std::string& key, const Object& value) {
    if (!made.emplace(key, value.as<Value>()).second) throw std::runtime_error{"twice: " + key};
  });
  return made;
}

std::map<std::string, std::string> to_binaries(const Object& map) {
  std::map<std::string, std::string> made;
  each_entry(map, [&made](const std::string& key, const Object& value) {
    if (value.type != msgpack::type::BIN) throw std::runtime_error{"not binary: " + key};
    made[key] = std::string{value.via.bin.ptr, value.via.bin.size};
  });
  return made;
}

std::vector<SeenLink> to_links(const Object& array) {
  std::vector<SeenLink> links;
  for (const Object& link : array.as<std::vector<Object>>()) {
    SeenLink& made = links.emplace_back();
    each_entry(link, [&made](const std::string& key, const Object& value) {
      if (key == "trace_id") made.trace_id = value.as<std::uint64_t>();
      if (key == "trace_id_high") made.trace_id_high = value.as<std::uint64_t>();
      if (key == "span_id") made.span_id = value.as<std::uint64_t>();
      if (key == "tracestate") made.tracestate = value.as<std::string>();
      if (key == "flags") made.flags = value.as<std::uint64_t>();
    });
  }
  return links;
}

SeenSpan to_span(const Object& map) {
  SeenSpan span;
  const std::map<std::string, std::function<void(const Object&)>> fields = {
      {"service", [&span](const Object& o) { span.service = o.as<std::string>(); }},
      {"name", [&span](const Object& o) { span.name = o.as<std::string>(); }},
      {"resource", [&span](const Object& o) { span.resource = o.as<std::string>(); }},
      {"type", [&span](const Object& o) { span.type = o.as<std::string>(); }},
      {"trace_id", [&span](const Object& o) { span.trace_id = o.as<std::uint64_t>(); }},
      {"span_id", [&span](const Object& o) { span.span_id = o.as<std::uint64_t>(); }},
      {"parent_id", [&span](const Object& o) { span.parent_id = o.as<std::uint64_t>(); }},
      {"start", [&span](const Object& o) { span.start = o.as<std::int64_t>(); }},
      {"duration", [&span](const Object& o) { span.duration = o.as<std::int64_t>(); }},
      {"error", [&span](const Object& o) { span.error = o.as<int>(); }},
      {"meta", [&span](const Object& o) { span.meta = to_map<std::string>(o); }},
      {"metrics", [&span](const Object& o) { span.metrics = to_map<double>(o); }},
      {"meta_struct", [&span](const Object& o) { span.meta_struct = to_binaries(o); }},
      {"span_links", [&span](const Object& o) { span.links = to_links(o); }}};
  each_entry(map, [&fields](const std::string& key, const Object& value) {
    fields.at(key)(value);  // throws for a key that v0.4 does not have
  });
  return span;
}

}  // namespace

std::vector<SeenSpan> decode_spans(std::string_view msgpack) {
  const msgpack::object_handle handle = msgpack::unpack(msgpack.data(), msgpack.size());
  std::vector<SeenSpan> spans;
  for (const Object& span : handle.get().as<std::vector<Object>>()) spans.push_back(to_span(span));
  return spans;
}

std::string to_json_text(std::string_view msgpack) {
  const msgpack::object_handle handle = msgpack::unpack(msgpack.data(), msgpack.size());
  std::ostringstream out;
  out << handle.get();
  return out.str();
}

}  // namespace pawl::test
