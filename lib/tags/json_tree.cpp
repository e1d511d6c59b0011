#include "tags/json_tree.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tags/normalize.h"

namespace pawl::tags {

namespace {

// Follows the parser through the text: it tells of the tokens one by one, but not where they are.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : text_(text) {}

  // Gives where the next token is, and goes past it.
  std::size_t next() noexcept {
    at_ = std::min(text_.find_first_not_of(" \t\r\n,:", at_), text_.size());
    const std::size_t found = at_;
    if (at_ == text_.size()) return found;
    if (text_[at_] == '"') {
      skip_string();
    } else if (std::string_view{"{}[]"}.find(text_[at_]) != std::string_view::npos) {
      ++at_;
    } else {
      at_ = std::min(text_.find_first_of(" \t\r\n,:]}", at_), text_.size());
    }
    return found;
  }

 private:
  void skip_string() noexcept {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

using Kind = JsonTree::Kind;

// Builds the tree; each function is an event of nlohmann's parser and tells whether to go on.
class Builder {
 public:
  Builder(std::string_view json, std::string_view file) : json_(json), file_(file), cursor_(json) {}

  bool null() { return put(next(Kind::null)); }
  bool boolean(bool value) {
    JsonTree tree = next(Kind::boolean);
    tree.truth = value;
    return put(std::move(tree));
  }
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string& /*text*/) { return number(value); }
  bool string(std::string& value) {
    JsonTree tree = next(Kind::text);
    tree.text = std::move(value);
    return put(std::move(tree));
  }
  bool binary(std::vector<std::uint8_t>& /*value*/) { return false; }  // not in JSON

  bool start_object(std::size_t /*size*/) { return open(Kind::object); }
  bool start_array(std::size_t /*size*/) { return open(Kind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const std::size_t at = cursor_.next();
    auto& fields = open_.back().children;
    if (fields.size() == kMostFields)
      return fail(at, fmt::format("this is beyond {} fields of one object", kMostFields));
    const auto same = [&name](const JsonTree& field) { return field.name == name; };
    if (std::any_of(fields.begin(), fields.end(), same))
      return fail(at, fmt::format("the field \"{}\" is there twice", shown(name)));
    JsonTree& field = fields.emplace_back();
    field.name_at = at;
    field.name = std::move(name);
    return true;
  }

  // By the parser: the text is no JSON.
  bool parse_error(std::size_t position,
                   const std::string& /*token*/,
                   const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
    const std::string_view what = error.what();
    const auto colon = what.find(": ");
    const std::string_view why = colon == std::string_view::npos ? what : what.substr(colon + 2);
    std::string clean;  // it quotes what it read
    append_clean(clean, why, "");
    return fail(position == 0 ? 0 : position - 1, fmt::format("this is no JSON: {}", clean));
  }

  Result<JsonTree> result() && {
    if (error_) return std::move(*error_);
    return std::move(root_);
  }

 private:
  static constexpr std::size_t kMostLevels = 16;
  static constexpr std::size_t kMostFields = 100;

  JsonTree next(Kind kind) {
    JsonTree tree;
    tree.at = cursor_.next();
    tree.kind = kind;
    return tree;
  }

  bool number(double value) {
    JsonTree tree = next(Kind::number);
    tree.number = value;
    return put(std::move(tree));
  }

  bool open(Kind kind) {
    JsonTree tree = next(kind);
    if (open_.size() == kMostLevels)
      return fail(tree.at, fmt::format("this lies deeper than {} levels", kMostLevels));
    open_.push_back(std::move(tree));
    return true;
  }

  bool close() {
    cursor_.next();
    JsonTree done = std::move(open_.back());
    open_.pop_back();
    return put(std::move(done));
  }

  bool put(JsonTree value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (open_.back().kind == Kind::array) {
      open_.back().children.push_back(std::move(value));
    } else {
      JsonTree& field = open_.back().children.back();
      value.name_at = field.name_at;
      value.name = std::move(field.name);
      field = std::move(value);
    }
    return true;
  }

  bool fail(std::size_t at, std::string_view why) {
    error_ = Error{fmt::format("{}: {}", place(file_, json_, at), why)};
    return false;
  }

  const std::string_view json_;
  const std::string_view file_;
  Cursor cursor_;
  std::vector<JsonTree> open_;
  JsonTree root_;
  std::optional<Error> error_;
};

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t kMostBytes = 100;
  std::string made;
  append_clean(made, text.substr(0, kMostBytes), "");
  return made;
}

std::string place(std::string_view file, std::string_view json, std::size_t at) {
  const std::string_view before = json.substr(0, at);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("{}:{}:{}", file, line, before.size() - line_start + 1);
}

Result<JsonTree> parse_json(std::string_view json, std::string_view file) {
  // The parser takes it for the end of the text.
  if (const auto nul = json.find('\0'); nul != std::string_view::npos)
    return Error{fmt::format("{}: this is a NUL byte; expected JSON", place(file, json, nul))};
  Builder builder{json, file};
  nlohmann::json::sax_parse(json.begin(), json.end(), &builder);
  return std::move(builder).result();
}

}  // namespace pawl::tags
