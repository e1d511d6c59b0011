#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "support/oracle_fields.h"
#include "support/oracle_lines.h"

namespace pawl::test::oracle {
namespace {

// Takes bytes off the front of a text that it does not own.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  std::string_view take(std::string_view what, std::size_t bytes) {
    if (bytes == 0) refuse(what, "is empty");
    if (bytes > rest_.size()) refuse(what, "is shorter than its length says");
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  void expect(std::string_view text) {
    if (!rest_.starts_with(text)) refuse("expected " + std::string(text), printable(rest_));
    rest_.remove_prefix(text.size());
  }

  std::size_t length() {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || rest_.front() == '0') refuse("length", printable(rest_));
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string unescape_newlines(std::string_view text) { return replace_all(text, "\\n", "\n"); }

template <typename Note>
void read_common_field(const Field& field, Note& note) {
  if (field.prefix == "d:") note.timestamp = unix_seconds(field.value);
  if (field.prefix == "h:") note.host = plain_word("h:", field.value);
  if (field.prefix == "#") note.tags = tags(field.value);
  if (field.prefix == "c:") note.container = local_data(field.value);
  if (field.prefix == "e:") note.external = external_data(field.value);
  if (field.prefix == "card:") note.cardinality = cardinality(field.value);
}

void read_event_field(const Field& field, Event& event) {
  read_common_field(field, event);
  if (field.prefix == "k:") event.aggregation_key = plain_word("k:", field.value);
  if (field.prefix == "p:") event.priority = one_of("p:", field.value, {"normal", "low"});
  if (field.prefix == "s:") event.source = plain_word("s:", field.value);
  if (field.prefix == "t:") {
    event.alert_type = one_of("t:", field.value, {"error", "warning", "info", "success"});
  }
}

// Readers that look for the last "m:" of a line would cut the message there, so one inside it must
// be escaped.
std::string message(std::string_view text) {
  if (text.empty()) refuse("m:", "is empty");
  if (text.find("m:") != text.npos) refuse("bare m: in a message", printable(text));
  return replace_all(unescape_newlines(text), "m\\:", "m:");
}

}  // namespace

Event event_line(std::string_view line) {
  Cursor cursor(line);
  cursor.expect(kEventPrefix);
  const std::size_t title_bytes = cursor.length();
  cursor.expect(",");
  const std::size_t text_bytes = cursor.length();
  cursor.expect("}:");
  Event event;
  event.title = unescape_newlines(cursor.take("title", title_bytes));
  cursor.expect("|");
  event.text = unescape_newlines(cursor.take("text", text_bytes));
  for (const Field& field :
       fields(cursor.rest(), {"d:", "h:", "k:", "p:", "s:", "t:", "#", "c:", "e:", "card:"})) {
    read_event_field(field, event);
  }
  return event;
}

ServiceCheck service_check_line(std::string_view line) {
  Cursor cursor(line);
  cursor.expect(kServiceCheckPrefix);
  ServiceCheck check;
  const std::string_view name = cursor.rest().substr(0, cursor.rest().find('|'));
  check.name = plain_word("service check name", name);
  if (name.size() > 200) refuse("service check name longer than 200 bytes", check.name);
  cursor.expect(check.name + "|");
  const std::string_view status = cursor.take("status", 1);
  check.status = one_of("status", status, {"0", "1", "2", "3"}).front() - '0';
  for (const Field& field : fields(cursor.rest(), {"d:", "h:", "#", "c:", "e:", "card:", "m:"})) {
    read_common_field(field, check);
    if (field.prefix == "m:") check.message = message(field.value);
  }
  return check;
}

}  // namespace pawl::test::oracle
