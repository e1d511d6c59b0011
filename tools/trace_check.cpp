#include "tools/trace_check.h"

#include <chrono>
#include <limits>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "tools/arguments.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr std::size_t kMaxShortText = 100;  // service, name, type
constexpr std::size_t kMaxResource = 5'000;
constexpr std::size_t kMaxKey = 200;
constexpr std::size_t kMaxValue = 25'000;
constexpr std::int64_t kYear2000 = 946'684'800'000'000'000;

std::int64_t now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

// Cuts between characters.
std::string_view cut(string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

bool is_utf8(string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

class Repairs {
 public:
  Repairs(TraceSpan& span, const OnRepair& on_repair) : span_(span), on_repair_(on_repair) {}

  void texts() {
    replace_empty("service", span_.service, "unnamed-service");
    replace_empty("name", span_.name, "unnamed_operation");
    replace_empty("resource", span_.resource, span_.name);
    limit("service", span_.service, kMaxShortText);
    limit("name", span_.name, kMaxShortText);
    limit("type", span_.type, kMaxShortText);
    limit("resource", span_.resource, kMaxResource);
  }

  void times() {
    const auto room = std::numeric_limits<std::int64_t>::max() - span_.start;
    if (span_.duration < 0 || (span_.start > 0 && span_.duration > room)) {
      tell("the duration " + std::to_string(span_.duration) + " is taken as 0");
      span_.duration = 0;
    }
    if (span_.start >= kYear2000) return;
    tell("the start " + std::to_string(span_.start) + " is before 2000, and taken as now");
    span_.start = now() - span_.duration;
  }

  void tags() {
    limit_keys("meta", span_.meta);
    limit_keys("metrics", span_.metrics);
    for (auto& [key, value] : span_.meta) limit("meta " + printable(key, 40), value, kMaxValue);
  }

 private:
  void tell(const std::string& what) const { on_repair_(span_, what); }

  void replace_empty(string_view field, std::string& text, string_view other) const {
    if (!text.empty()) return;
    tell(std::string{field} + " is empty, and taken as \"" + printable(other, 40) + '"');
    text = other;
  }

  void limit(const std::string& field, std::string& text, std::size_t most) const {
    if (!is_utf8(text)) tell(field + " is not UTF-8");
    if (text.size() <= most) return;
    tell(field + " has more than " + std::to_string(most) + " bytes, and is cut");
    text.resize(cut(text, most).size());
  }

  template <class Map>
  void limit_keys(string_view field, Map& tags) const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : tags) {
      if (key.size() > kMaxKey) keys.push_back(key);
    }
    for (const std::string& key : keys) {
      tell("a key of " + std::string{field} + " has more than " + std::to_string(kMaxKey) +
           " bytes, and is cut");
      auto node = tags.extract(key);
      node.key() = cut(key, kMaxKey);
      tags.insert(std::move(node));
    }
  }

  TraceSpan& span_;
  const OnRepair& on_repair_;
};

}  // namespace

std::optional<std::string> refusal_of(const TraceChunk& chunk) {
  if (chunk.empty()) return "the chunk is empty";
  std::unordered_set<std::uint64_t> ids;
  for (const TraceSpan& span : chunk) {
    const std::string named = "span \"" + printable(span.name, 100) + "\": ";
    if (span.trace_id == 0) return named + "its trace id is 0";
    if (span.span_id == 0) return named + "its span id is 0";
    if (span.trace_id != chunk.front().trace_id) {
      return named + "trace id " + std::to_string(span.trace_id) + " in a chunk of trace " +
             std::to_string(chunk.front().trace_id);
    }
    if (!ids.insert(span.span_id).second) {
      return named + "span id " + std::to_string(span.span_id) + " comes twice";
    }
  }
  return std::nullopt;
}

void normalize(TraceChunk& chunk, const OnRepair& on_repair) {
  for (TraceSpan& span : chunk) {
    Repairs repairs{span, on_repair};
    repairs.texts();
    repairs.times();
    repairs.tags();
  }
}

}  // namespace pawl::tools
