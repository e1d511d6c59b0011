#pragma once

// JSON as a tree in which every value and every name knows where it stands, so that whoever reads
// it can say the line and the column of what is wrong. For files that people write: small, strict.
//
// Threads: values and a function without state.
// Errors: by Result. Throws std::bad_alloc.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.h>

namespace pawl::tags {

struct JsonTree {
  enum class Kind : std::uint8_t { null, boolean, number, text, array, object };

  std::size_t at = 0;  // its first byte
  Kind kind = Kind::null;
  // Of a field of an object: its name, and where that stands.
  std::size_t name_at = 0;
  std::string name;
  // What it holds, by its kind.
  bool truth = false;
  double number = 0;
  std::string text;
  std::vector<JsonTree> children;  // the elements of an array, the fields of an object
};

// Gives the beginning of a text, fit for one line of an error.
std::string shown(std::string_view text);

// "FILE:LINE:COLUMN", both from 1, the column in bytes.
std::string place(std::string_view file, std::string_view json, std::size_t at);

// Reads a whole text; refuses a name that stands twice in one object, more than 100
// of them there, and more than 16 levels. The
// error begins with the place.
Result<JsonTree> parse_json(std::string_view json, std::string_view file);

}  // namespace pawl::tags
