#include "encode/event_line.h"

#include <chrono>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/oracle.h"
#include "tags/normalize.h"

namespace {

using pawl::AlertType;
using pawl::Cardinality;
using pawl::CheckStatus;
using pawl::Event;
using pawl::Priority;
using pawl::ServiceCheck;
using pawl::encode::append_event;
using pawl::encode::append_service_check;
using pawl::encode::Constants;

const Constants kAll{"env:prod", "|c:in-7|e:it-true", Cardinality::low};
const std::chrono::system_clock::time_point kWhen{std::chrono::milliseconds{1'700'000'000'999}};

void check_accepted(const std::string& line) {
  const auto decoded = pawl::test::decode(line);
  REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
  REQUIRE(decoded.items.size() == 1);
}

std::string line_of(const Event& event, std::string_view tags = "", const Constants& all = {}) {
  std::string line;
  pawl::tags::Repairs repairs;
  REQUIRE(append_event(line, event, tags, all, repairs));
  check_accepted(line);
  return line;
}

std::string line_of(const ServiceCheck& check,
                    std::string_view tags = "",
                    const Constants& all = {}) {
  std::string line;
  pawl::tags::Repairs repairs;
  REQUIRE(append_service_check(line, check, tags, all, repairs));
  check_accepted(line);
  return line;
}

std::string message(std::string_view text) {
  const std::string line = line_of(ServiceCheck{.name = "up", .message = text});
  return line.substr(8);  // after _sc|up|0
}

TEST_CASE("an event with nothing else to say is its title and text") {
  CHECK(line_of(Event{.title = "deployed", .text = "v2"}) == "_e{8,2}:deployed|v2\n");
}

TEST_CASE("an event has its fields in the documented order") {
  const Event event{.title = "t",
                    .text = "x",
                    .alert_type = AlertType::error,
                    .priority = Priority::low,
                    .aggregation_key = "key 1",
                    .source_type = "my-app",
                    .host = "web.1",
                    .timestamp = kWhen,
                    .cardinality = Cardinality::high};
  CHECK(line_of(event, "a:1,b", kAll) ==
        "_e{1,1}:t|x|d:1700000000|h:web.1|k:key 1|p:low|s:my-app|t:error|#env:prod,a:1,b"
        "|c:in-7|e:it-true|card:high\n");
}

TEST_CASE("every alert type but the default is written") {
  const auto after_text = [](AlertType type) {
    return line_of(Event{.title = "t", .text = "x", .alert_type = type}).substr(11);
  };
  CHECK(after_text(AlertType::info) == "\n");
  CHECK(after_text(AlertType::warning) == "|t:warning\n");
  CHECK(after_text(AlertType::error) == "|t:error\n");
  CHECK(after_text(AlertType::success) == "|t:success\n");
}

TEST_CASE("an event's lengths are the bytes of the escaped text") {
  CHECK(line_of(Event{.title = "a\nb", .text = "\n"}) == "_e{4,2}:a\\nb|\\n\n");
  CHECK(line_of(Event{.title = "caf\xC3\xA9", .text = "\xE2\x82\xAC"}) ==
        "_e{5,3}:caf\xC3\xA9|\xE2\x82\xAC\n");
  CHECK(line_of(Event{.title = "a|b", .text = "x|#evil:1"}) == "_e{3,9}:a|b|x|#evil:1\n");
  CHECK(line_of(Event{.title = "a\r\tb\xFF", .text = "\xC3"}) == "_e{5,1}:a__b_|_\n");
  CHECK(line_of(Event{.title = "|", .text = "\n|\n|"}) == "_e{1,6}:||\\n|\\n|\n");
}

TEST_CASE("an event without a title or a text is refused and appends nothing") {
  for (const Event& event :
       {Event{.title = "", .text = "x"}, Event{.title = "t", .text = ""}, Event{}}) {
    std::string line = "before";
    pawl::tags::Repairs repairs;
    CHECK_FALSE(append_event(line, event, "a", {}, repairs));
    CHECK(line == "before");
  }
}

TEST_CASE("a host, a key and a source have only the bytes that every server takes") {
  const Event event{.title = "t",
                    .text = "x",
                    .aggregation_key = "a:b|c",
                    .source_type = "caf\xC3\xA9",
                    .host = "web/1,\n"};
  CHECK(line_of(event) == "_e{1,1}:t|x|h:web_1__|k:a_b_c|s:caf__\n");
}

TEST_CASE("a service check with nothing else to say is its name and status") {
  CHECK(line_of(ServiceCheck{.name = "up"}) == "_sc|up|0\n");
  CHECK(line_of(ServiceCheck{.name = "up", .status = CheckStatus::warning}) == "_sc|up|1\n");
  CHECK(line_of(ServiceCheck{.name = "up", .status = CheckStatus::critical}) == "_sc|up|2\n");
  CHECK(line_of(ServiceCheck{.name = "up", .status = CheckStatus::unknown}) == "_sc|up|3\n");
}

TEST_CASE("a service check has its fields in the documented order, the message last") {
  const ServiceCheck check{.name = "my db.up|x",
                           .status = CheckStatus::critical,
                           .message = "it is down",
                           .host = "web.1",
                           .timestamp = kWhen,
                           .cardinality = Cardinality::none};
  CHECK(line_of(check, "a:1", kAll) ==
        "_sc|my db.up_x|2|d:1700000000|h:web.1|#env:prod,a:1|c:in-7|e:it-true|card:none"
        "|m:it is down\n");
}

TEST_CASE("a service check's name may have 200 bytes and no more, and must have one") {
  CHECK(line_of(ServiceCheck{.name = std::string(200, 'x')}).size() == 207);
  for (const std::string& name : {std::string{}, std::string(201, 'x')}) {
    std::string line = "before";
    pawl::tags::Repairs repairs;
    CHECK_FALSE(append_service_check(line, ServiceCheck{.name = name}, "a", {}, repairs));
    CHECK(line == "before");
  }
}

TEST_CASE("m: inside a message is escaped, wherever it stands") {
  CHECK(message("m:") == "|m:m\\:\n");
  CHECK(message("at the end m:") == "|m:at the end m\\:\n");
  CHECK(message("m:m:") == "|m:m\\:m\\:\n");
  CHECK(message("mm::") == "|m:mm\\::\n");
  CHECK(message("mm:m::m") == "|m:mm\\:m\\::m\n");
  CHECK(message("item:1") == "|m:item\\:1\n");
  CHECK(message("M:") == "|m:M:\n");
  CHECK(message(":m") == "|m::m\n");
  CHECK(message("m") == "|m:m\n");
  CHECK(message("m\n:") == "|m:m\\n:\n");
}

TEST_CASE("line breaks in a message are escaped, and a pipe cannot begin a field") {
  CHECK(message("one\ntwo\n") == "|m:one\\ntwo\\n\n");
  CHECK(message("fine|#evil:1") == "|m:fine_#evil:1\n");
  CHECK(message("a\r\xFF") == "|m:a__\n");
}

}  // namespace
