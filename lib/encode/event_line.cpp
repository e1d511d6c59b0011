#include "encode/event_line.h"

#include <chrono>
#include <optional>

#include "base/number.h"
#include "tags/normalize.h"

namespace pawl::encode {

namespace {

using WallTime = std::chrono::system_clock::time_point;

// Line breaks become the two characters `\n`; what else would break the line becomes `_`, but `|`
// may stand in a text whose length is said.
std::string escaped(std::string_view text, bool bar_allowed) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = text.find_first_of(bar_allowed ? "\n|" : "\n");
    tags::append_clean(out, text.substr(0, size), "");
    if (size == std::string_view::npos) break;
    out += text[size] == '\n' ? "\\n" : "|";
    text.remove_prefix(size + 1);
  }
  return out;
}

// The data plane takes only [A-Za-z0-9 _.-] in a host, a key, a source and a check's name, and
// refuses the line otherwise.
void append_word(std::string& out, std::string_view word) {
  for (const char c : word) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool plain = letter || (c >= '0' && c <= '9') || c == ' ' || c == '.' || c == '-';
    out += plain ? c : '_';
  }
}

void append_field(std::string& out, std::string_view mark, std::string_view word) {
  if (word.empty()) return;
  out += mark;
  append_word(out, word);
}

void append_time(std::string& out, std::optional<WallTime> when) {
  if (!when) return;
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(when->time_since_epoch()).count();
  out += "|d:";
  base::append_number(out, seconds);
}

std::string_view alert_name(AlertType type) noexcept {
  switch (type) {
    case AlertType::warning:
      return "warning";
    case AlertType::error:
      return "error";
    case AlertType::success:
      return "success";
    case AlertType::info:
      break;
  }
  return "info";
}

std::string escaped_message(std::string_view message) {
  std::string out = escaped(message, false);
  for (std::size_t at = out.find("m:"); at != std::string::npos; at = out.find("m:", at + 3))
    out.insert(at + 1, 1, '\\');
  return out;
}

}  // namespace

bool append_event(std::string& out,
                  const Event& event,
                  std::string_view tags,
                  const Constants& constants) {
  const std::string title = escaped(event.title, true);
  const std::string text = escaped(event.text, true);
  if (title.empty() || text.empty()) return false;
  out += "_e{";
  base::append_number(out, title.size());
  out += ',';
  base::append_number(out, text.size());
  out += "}:";
  out += title;
  out += '|';
  out += text;
  append_time(out, event.timestamp);
  append_field(out, "|h:", event.host);
  append_field(out, "|k:", event.aggregation_key);
  if (event.priority == Priority::low) out += "|p:low";
  append_field(out, "|s:", event.source_type);
  if (event.alert_type != AlertType::info) {
    out += "|t:";
    out += alert_name(event.alert_type);
  }
  append_tags(out, tags, constants);
  out += constants.origin;
  append_cardinality(out, event.cardinality, constants);
  out += '\n';
  return true;
}

bool append_service_check(std::string& out,
                          const ServiceCheck& check,
                          std::string_view tags,
                          const Constants& constants) {
  if (check.name.empty() || check.name.size() > tags::kMaxNameBytes) return false;
  out += "_sc|";
  append_word(out, check.name);
  out += '|';
  base::append_number(out, static_cast<int>(check.status));
  append_time(out, check.timestamp);
  append_field(out, "|h:", check.host);
  append_tags(out, tags, constants);
  out += constants.origin;
  append_cardinality(out, check.cardinality, constants);
  if (!check.message.empty()) {
    out += "|m:";
    out += escaped_message(check.message);
  }
  out += '\n';
  return true;
}

}  // namespace pawl::encode
