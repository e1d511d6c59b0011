#include "client/environment.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace pawl::client {
namespace {

using std::string_view;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(string_view text, string_view word) {
  return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
    return lower(a) == b;
  });
}

bool one_of(string_view text, std::initializer_list<string_view> words) {
  return std::any_of(
      words.begin(), words.end(), [text](string_view word) { return same_word(text, word); });
}

bool is_printable(char c) { return c >= 0x20 && c < 0x7F; }

// A warning ends in somebody's log: one line of it, whatever the variable holds.
std::string quoted(string_view value) {
  constexpr std::size_t kShown = 100;
  std::string out = "\"";
  for (const char c : value.substr(0, kShown)) out += is_printable(c) ? c : '?';
  return out += value.size() > kShown ? "...\"" : "\"";
}

class Reader {
 public:
  explicit Reader(const Lookup& lookup) : lookup_(lookup) {}

  string_view get(const char* name) const {
    const char* value = lookup_(name);
    return value == nullptr ? string_view{} : string_view{value};
  }

  void warn(string_view name, string_view value, string_view complaint) {
    std::string line{name};
    line += " is " + quoted(value) + ", ";
    warnings.push_back(line.append(complaint));
  }

  std::vector<std::string> warnings;

 private:
  const Lookup& lookup_;
};

std::string read_port(Reader& reader) {
  const string_view text = reader.get("DD_DOGSTATSD_PORT");
  if (text.empty()) return {};
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (whole && port >= 1 && port <= 65535) return std::to_string(port);
  reader.warn("DD_DOGSTATSD_PORT", text, "not a port from 1 to 65535; using 8125");
  return {};
}

std::optional<Cardinality> to_cardinality(string_view text) {
  if (same_word(text, "none")) return Cardinality::none;
  if (same_word(text, "low")) return Cardinality::low;
  if (same_word(text, "orchestrator")) return Cardinality::orchestrator;
  if (same_word(text, "high")) return Cardinality::high;
  return std::nullopt;
}

Cardinality read_cardinality(Reader& reader) {
  for (const char* name : {"DD_CARDINALITY", "DATADOG_CARDINALITY"}) {
    const string_view text = reader.get(name);
    if (text.empty()) continue;
    if (const auto known = to_cardinality(text)) return *known;
    reader.warn(name, text, "not none, low, orchestrator or high; it is ignored");
  }
  return Cardinality::unset;
}

std::optional<bool> read_origin_detection(Reader& reader) {
  const string_view text = reader.get("DD_ORIGIN_DETECTION_ENABLED");
  if (text.empty()) return std::nullopt;
  if (one_of(text, {"no", "false", "0", "n", "off"})) return false;
  if (one_of(text, {"yes", "true", "1", "y", "on"})) return true;
  reader.warn("DD_ORIGIN_DETECTION_ENABLED", text, "neither true nor false; using true");
  return std::nullopt;
}

bool has_key(const std::vector<OwnedTag>& tags, string_view key) {
  return std::any_of(
      tags.begin(), tags.end(), [key](const OwnedTag& tag) { return tag.key == key; });
}

OwnedTag to_tag(string_view text) {
  const auto colon = text.find(':');
  if (colon == string_view::npos) return {std::string{text}, {}};
  return {std::string{text.substr(0, colon)}, std::string{text.substr(colon + 1)}};
}

template <class Each>
void for_each_part(string_view text, string_view separators, const Each& each) {
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::vector<OwnedTag> read_tags(const Reader& reader) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kVariables{{
      {"DD_ENTITY_ID", "dd.internal.entity_id"},
      {"DD_ENV", "env"},
      {"DD_SERVICE", "service"},
      {"DD_VERSION", "version"},
  }};
  std::vector<OwnedTag> own;
  for (const auto& [variable, key] : kVariables) {
    const string_view value = reader.get(variable);
    if (!value.empty()) own.push_back({key, std::string{value}});
  }
  // The Go client does not read DD_TAGS; the tracers, which do, let DD_ENV and its like win.
  std::vector<OwnedTag> tags = own;
  for_each_part(reader.get("DD_TAGS"), ", \t\r\n", [&](string_view text) {
    OwnedTag tag = to_tag(text);
    if (!has_key(own, tag.key)) tags.push_back(std::move(tag));
  });
  return tags;
}

bool fits_on_wire(string_view part) {
  return std::all_of(part.begin(), part.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// The official clients strip what is not printable and `|`. The stricter data plane refuses the
// whole line for any byte outside [a-z0-9-,], so a part (`cn-<name>`) with such a byte stays at
// home: cut to what fits it would name another container.
std::string read_external_env(Reader& reader) {
  const string_view value = reader.get("DD_EXTERNAL_ENV");
  std::string clean;
  for (const char c : value) {
    const bool text = is_printable(c) || (static_cast<unsigned char>(c) & 0x80U) != 0;
    if (text && c != '|') clean += c;
  }
  std::string kept;
  for_each_part(clean, ",", [&](string_view part) {
    if (!fits_on_wire(part)) {
      reader.warn("DD_EXTERNAL_ENV",
                  value,
                  "with a part outside of [a-z0-9-]: " + quoted(part) + " is left out");
      return;
    }
    if (!kept.empty()) kept += ',';
    kept += part;
  });
  return kept;
}

}  // namespace

Environment read_environment(const Lookup& lookup) {
  Reader reader{lookup};
  Environment read;
  read.url = reader.get("DD_DOGSTATSD_URL");
  read.agent_host = reader.get("DD_AGENT_HOST");
  read.port = read_port(reader);
  read.tags = read_tags(reader);
  read.cardinality = read_cardinality(reader);
  read.external_env = read_external_env(reader);
  read.origin_detection = read_origin_detection(reader);
  read.tag_policy = reader.get("PAWL_TAG_POLICY");
  read.serverless = !reader.get("AWS_LAMBDA_FUNCTION_NAME").empty();
  read.warnings = std::move(reader.warnings);
  return read;
}

Environment read_environment() {
  return read_environment([](const char* name) -> const char* { return std::getenv(name); });
}

}  // namespace pawl::client
