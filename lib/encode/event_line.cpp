#include "encode/event_line.h"

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/number.h"
#include "tags/normalize.h"

namespace pawl::encode {

namespace {

using WallTime = std::chrono::system_clock::time_point;

// Line breaks become the two characters `\n`; what else would break the line becomes `_`, but `|`
// may stand in a text whose length is said.
enum class Bar : std::uint8_t { stays, replaced };

std::string escaped(std::string_view text, Bar bar, tags::Repairs& repairs) {
  std::string out;
  bool changed = false;
  while (!text.empty()) {
    const std::size_t size = text.find_first_of(bar == Bar::stays ? "\n|" : "\n");
    changed = tags::append_clean(out, text.substr(0, size), "") || changed;
    if (size == std::string_view::npos) break;
    out += text[size] == '\n' ? "\\n" : "|";
    text.remove_prefix(size + 1);
  }
  if (changed) repairs.note(Repair::text);
  return out;
}

// The data plane takes only [A-Za-z0-9 _.-] in a host, a key, a source and a check's name, and
// refuses the line otherwise.
void append_word(std::string& out, std::string_view word, tags::Repairs& repairs) {
  bool changed = false;
  for (const char c : word) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    const bool plain = letter || digit || c == ' ' || c == '.' || c == '-' || c == '_';
    out += plain ? c : '_';
    changed = changed || !plain;
  }
  if (changed) repairs.note(Repair::text);
}

void append_field(std::string& out,
                  std::string_view mark,
                  std::string_view word,
                  tags::Repairs& repairs) {
  if (word.empty()) return;
  out += mark;
  append_word(out, word, repairs);
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

std::string escaped_message(std::string_view message, tags::Repairs& repairs) {
  std::string out = escaped(message, Bar::replaced, repairs);
  for (std::size_t at = out.find("m:"); at != std::string::npos; at = out.find("m:", at + 3))
    out.insert(at + 1, 1, '\\');
  return out;
}

}  // namespace

bool append_event(std::string& out,
                  const Event& event,
                  std::string_view tags,
                  const Constants& constants,
                  tags::Repairs& repairs) {
  const std::string title = escaped(event.title, Bar::stays, repairs);
  const std::string text = escaped(event.text, Bar::stays, repairs);
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
  append_field(out, "|h:", event.host, repairs);
  append_field(out, "|k:", event.aggregation_key, repairs);
  if (event.priority == Priority::low) out += "|p:low";
  append_field(out, "|s:", event.source_type, repairs);
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
                          const Constants& constants,
                          tags::Repairs& repairs) {
  if (check.name.empty() || check.name.size() > tags::kMaxNameBytes) return false;
  out += "_sc|";
  append_word(out, check.name, repairs);
  out += '|';
  base::append_number(out, static_cast<int>(check.status));
  append_time(out, check.timestamp);
  append_field(out, "|h:", check.host, repairs);
  append_tags(out, tags, constants);
  out += constants.origin;
  append_cardinality(out, check.cardinality, constants);
  if (!check.message.empty()) {
    out += "|m:";
    out += escaped_message(check.message, repairs);
  }
  out += '\n';
  return true;
}

}  // namespace pawl::encode
