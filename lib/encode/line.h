#pragma once

// One metric line, byte by byte:
//
//     name ':' value (':' value)* '|' type ['|@' rate] ['|#' tag (',' tag)*]
//          ['|c:' container] ['|e:' external] ['|T' unix seconds] ['|card:' cardinality] '\n'
//
// in the order of the official Go client, which every known server accepts. Nothing is checked
// here: names, tags and values were repaired or refused before.
//
// Threads: functions without state; Constants is immutable once made.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <pawl/metric.h>

namespace pawl::encode {

// What all lines of a client have in common.
struct Constants {
  std::string global_tags;  // with commas between them
  std::string origin;       // "|c:...|e:..." or a part of it
  Cardinality cardinality = Cardinality::unset;
};

// What stands around the values of one line.
struct Frame {
  std::string_view name;
  std::string_view tags;
  MetricType type;
  Cardinality cardinality = Cardinality::unset;
  double rate = 1.0;  // printed in its shortest form
  std::optional<std::int64_t> unix_seconds = {};
};

// How a frame's tags go with the global ones: there are none; they come after those; they are all
// (tags::kWholeTags, which is then the `#` of the line).
enum class TagsAre : std::uint8_t { none, added, whole };
TagsAre tags_are(std::string_view tags) noexcept;

// Append what follows the last value, the line's end included: as a whole, or what stands before
// the frame's tags and what stands after them. Of the tags those two only ask what they are, so
// lines that differ in name, value and tags can share them.
void append_tail(std::string& out, const Frame& frame, const Constants& constants);
void append_before_tags(std::string& out, const Frame& frame, const Constants& constants);
void append_after_tags(std::string& out, const Frame& frame, const Constants& constants);

// Append the fields that events and service checks share with metrics.
void append_tags(std::string& out, std::string_view tags, const Constants& constants);
void append_cardinality(std::string& out, Cardinality cardinality, const Constants& constants);

}  // namespace pawl::encode
