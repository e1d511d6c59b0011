#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pawl/tag_policy.h>

#include "tags/json_tree.h"
#include "tags/policy.h"

// A policy as JSON: the fields of TagPolicy, each with its reader.

namespace pawl {

namespace {

using tags::JsonTree;

constexpr std::size_t kMostBytes = std::size_t{1} << 20;

// What a text says where. The field is as in C++: `metrics[0].values[1].key`.
struct Reader {
  std::string_view json;
  std::string_view file;
  std::optional<Error> error = {};
  // Where the fields stand, for what is found wrong when all has been read.
  std::vector<std::pair<std::string, std::size_t>> places = {};

  bool fail(std::size_t at, std::string_view field, std::string_view complaint) {
    error = Error{fmt::format("{}: {} {}", tags::place(file, json, at), field, complaint)};
    return false;
  }
  bool expect(const JsonTree& tree, std::string_view field, std::string_view expected) {
    return fail(tree.at, field, fmt::format("is {}; expected {}", words_for(tree), expected));
  }

  static std::string words_for(const JsonTree& tree) {
    switch (tree.kind) {
      case JsonTree::Kind::null:
        return "null";
      case JsonTree::Kind::boolean:
        return tree.truth ? "true" : "false";
      case JsonTree::Kind::number:
        return fmt::format("{}", tree.number);
      case JsonTree::Kind::array:
        return "a list";
      case JsonTree::Kind::object:
        return "an object";
      case JsonTree::Kind::text:
        break;
    }
    return fmt::format("'{}'", tags::shown(tree.text));
  }
};

// Read one value each into what has the same type.

bool read(Reader& reader, const JsonTree& tree, const std::string& field, std::string& to) {
  if (tree.kind != JsonTree::Kind::text) return reader.expect(tree, field, "a text");
  to = tree.text;
  return true;
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, std::size_t& to) {
  constexpr double kMost = 1e15;
  const double number = tree.number;
  const bool whole = number >= 0 && number <= kMost && std::trunc(number) == number;
  if (tree.kind != JsonTree::Kind::number || !whole)
    return reader.expect(tree, field, "a whole number");
  to = static_cast<std::size_t>(number);
  return true;
}

template <class Enum, std::size_t N>
bool read_word(Reader& reader,
               const JsonTree& tree,
               const std::string& field,
               const std::array<Enum, N>& all,
               Enum& to) {
  std::string words;
  for (const Enum each : all) {
    if (tree.kind == JsonTree::Kind::text && tree.text == to_string(each)) {
      to = each;
      return true;
    }
    const std::string_view mark = each == all.front() ? "" : each == all.back() ? " or " : ", ";
    words += fmt::format("{}{}", mark, to_string(each));
  }
  return reader.expect(tree, field, words);
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagAction& to) {
  constexpr std::array kAll{
      TagAction::drop_tag, TagAction::replace_value, TagAction::refuse_metric};
  return read_word(reader, tree, field, kAll, to);
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagPattern& to) {
  constexpr std::array kAll{
      TagPattern::uuid, TagPattern::long_hex, TagPattern::long_number, TagPattern::email};
  return read_word(reader, tree, field, kAll, to);
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagValueRule& to);
bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagRename& to);
bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagMetricRule& to);

template <class T>
bool read(Reader& reader, const JsonTree& tree, const std::string& field, std::vector<T>& to) {
  if (tree.kind != JsonTree::Kind::array) return reader.expect(tree, field, "a list");
  for (const JsonTree& element : tree.children) {
    const std::string name = fmt::format("{}[{}]", field, to.size());
    reader.places.emplace_back(name, element.at);
    if (!read(reader, element, name, to.emplace_back())) return false;
  }
  return true;
}

template <class T>
bool read(Reader& reader, const JsonTree& tree, const std::string& field, std::optional<T>& to) {
  return read(reader, tree, field, to.emplace());
}

// A field that an object may have, and where it goes.
template <class T>
struct Field {
  std::string_view name;
  T& to;
};
template <class T>
Field(std::string_view, T&) -> Field<T>;

// Reads the fields that an object may have. `at` is its own name, empty for the whole.
template <class... T>
bool read_fields(Reader& reader, const JsonTree& tree, const std::string& at, Field<T>... fields) {
  if (tree.kind != JsonTree::Kind::object)
    return reader.expect(tree, at.empty() ? "the policy" : at, "an object");
  for (const JsonTree& child : tree.children) {
    const std::string own = tags::shown(child.name);
    const std::string name = at.empty() ? own : fmt::format("{}.{}", at, own);
    reader.places.emplace_back(name, child.at);
    bool known = false;
    bool good = true;
    const auto try_one = [&](auto& field) {
      if (field.name != child.name) return;
      known = true;
      good = read(reader, child, name, field.to);
    };
    (try_one(fields), ...);
    if (!known) {
      std::string names;
      ((names += fmt::format("{}{}", names.empty() ? "" : ", ", fields.name)), ...);
      return reader.fail(child.name_at, name, fmt::format("is unknown; expected one of {}", names));
    }
    if (!good) return false;
  }
  return true;
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagValueRule& to) {
  return read_fields(reader,
                     tree,
                     field,
                     Field{"key", to.key},
                     Field{"allowed_values", to.allowed_values},
                     Field{"max_values", to.max_values},
                     Field{"max_length", to.max_length},
                     Field{"refused_patterns", to.refused_patterns},
                     Field{"otherwise", to.otherwise},
                     Field{"replacement", to.replacement});
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagRename& to) {
  return read_fields(reader, tree, field, Field{"from", to.from}, Field{"to", to.to});
}

bool read(Reader& reader, const JsonTree& tree, const std::string& field, TagMetricRule& to) {
  return read_fields(reader,
                     tree,
                     field,
                     Field{"name", to.name},
                     Field{"allowed_keys", to.allowed_keys},
                     Field{"other_keys", to.other_keys},
                     Field{"values", to.values},
                     Field{"renames", to.renames});
}

bool read(Reader& reader, const JsonTree& tree, TagPolicy& to) {
  return read_fields(reader,
                     tree,
                     "",
                     Field{"allowed_keys", to.allowed_keys},
                     Field{"other_keys", to.other_keys},
                     Field{"values", to.values},
                     Field{"renames", to.renames},
                     Field{"metrics", to.metrics});
}

// Gives where a field stands; a field that is missing stands where its object does.
std::size_t place_of(const Reader& reader, std::string field) {
  for (;;) {
    for (const auto& [name, at] : reader.places)
      if (name == field) return at;
    const auto dot = field.rfind('.');
    if (dot == std::string::npos) return 0;
    field.resize(dot);
  }
}

std::string system_message(int number) {
  return std::error_code{number, std::generic_category()}.message();
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// Opening a pipe would wait for whoever writes to it. Gives nullptr with errno.
std::unique_ptr<std::FILE, CloseFile> open_at_once(const std::string& path) noexcept {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  std::FILE* const file = descriptor < 0 ? nullptr : ::fdopen(descriptor, "rb");
  if (descriptor >= 0 && file == nullptr) ::close(descriptor);
  return std::unique_ptr<std::FILE, CloseFile>{file};
}

Error too_long(const std::string& path) {
  return Error{fmt::format("{}: is longer than {} bytes; expected a policy", path, kMostBytes)};
}

}  // namespace

Result<TagPolicy> TagPolicy::parse(std::string_view json, std::string_view file) {
  if (json.size() > kMostBytes) return too_long(std::string{file});
  // The byte order mark of a text in UTF-8: no editor counts it as a column.
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  if (json.starts_with(kMark)) json.remove_prefix(kMark.size());
  auto tree = tags::parse_json(json, file);
  if (!tree) return tree.error();
  Reader reader{json, file};
  TagPolicy policy;
  if (!read(reader, *tree, policy)) return *reader.error;
  if (const auto fault = tags::find_fault(policy)) {
    reader.fail(place_of(reader, fault->field), fault->field, fault->complaint);
    return *reader.error;
  }
  return policy;
}

Result<TagPolicy> TagPolicy::load(const std::string& path) {
  const auto failed = [&path](std::string_view why) {
    return Error{fmt::format("{}: cannot be read: {}", path, why)};
  };
  const auto file = open_at_once(path);
  if (file == nullptr) return failed(system_message(errno));
  struct stat status {};
  if (::fstat(::fileno(file.get()), &status) != 0) return failed(system_message(errno));
  if (!S_ISREG(status.st_mode)) return failed("it is not a regular file");
  std::string text(kMostBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return failed(system_message(errno));
  if (text.size() > kMostBytes) return too_long(path);
  return parse(text, path);
}

}  // namespace pawl
