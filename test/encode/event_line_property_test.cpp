// Whatever bytes a program puts into an event or a service check, one line comes of it, which says
// no more than what was put in.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "encode/event_line.h"
#include "support/oracle.h"
#include "support/seed.h"
#include "tags/normalize.h"

namespace {

using pawl::encode::append_event;
using pawl::encode::append_service_check;
using pawl::test::Decoded;
using pawl::test::Random;
using namespace std::string_view_literals;

std::string random_text(Random& random) {
  constexpr std::string_view kWire = "am:|#,\n\r\\d:h:{}_e\xC3\xA9"sv;
  const std::size_t size = random.chance(0.3) ? random.below(3) : random.below(60);
  if (random.chance(0.2)) return random.text(size, "m:");
  return random.chance(0.4) ? random.bytes(size) : random.text(size, kWire);
}

std::optional<std::chrono::system_clock::time_point> random_time(Random& random) {
  if (random.chance(0.5)) return std::nullopt;
  return std::chrono::system_clock::time_point{
      std::chrono::seconds{random.between(1, 4'000'000'000)}};
}

Decoded decode_one(const std::string& line) {
  Decoded decoded = pawl::test::decode(line, {.max_bytes = 1 << 20});
  REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
  REQUIRE(decoded.items.size() == 1);
  return decoded;
}

std::optional<std::int64_t> seconds_of(
    const std::optional<std::chrono::system_clock::time_point>& when) {
  if (!when) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::seconds>(when->time_since_epoch()).count();
}

// Line breaks are kept; a text with literal `\n` or `m\:` in it reads as if it had been escaped.
bool is_faithful(std::string_view sent, std::string_view got) {
  const auto plain = [](char c) {
    return (c >= ' ' && c < 0x7f && c != '|' && c != '\\') || c == '\n';
  };
  if (!std::all_of(sent.begin(), sent.end(), plain)) return true;
  return got == sent;
}

TEST_CASE("any bytes in an event make one line that the oracle takes, or are refused") {
  PAWL_PRINT_SEED();
  Random random;
  int refused = 0;
  int made = 0;
  for (int i = 0; i < 20'000; ++i) {
    INFO("round ", i);
    const std::string title = random_text(random);
    const std::string text = random_text(random);
    const std::string host = random_text(random);
    const std::string key = random_text(random);
    const std::string source = random_text(random);
    const pawl::Event event{.title = title,
                            .text = text,
                            .alert_type = static_cast<pawl::AlertType>(random.below(4)),
                            .priority = static_cast<pawl::Priority>(random.below(2)),
                            .aggregation_key = key,
                            .source_type = source,
                            .host = host,
                            .timestamp = random_time(random),
                            .cardinality = static_cast<pawl::Cardinality>(random.below(5))};
    std::string line;
    pawl::tags::Repairs repairs;
    const bool appended = append_event(line, event, random.chance(0.5) ? "a:1,b" : "", {}, repairs);
    REQUIRE(appended == (!title.empty() && !text.empty()));
    (appended ? made : refused) += 1;
    if (!appended) continue;
    const pawl::test::Event got = decode_one(line).events().at(0);
    REQUIRE(is_faithful(title, got.title));
    REQUIRE(is_faithful(text, got.text));
    REQUIRE(got.host.size() == host.size());
    REQUIRE(got.aggregation_key.size() == key.size());
    REQUIRE(got.source.size() == source.size());
    REQUIRE(got.timestamp == seconds_of(event.timestamp));
  }
  CHECK(made > 10'000);
  CHECK(refused > 100);
}

TEST_CASE("any bytes in a service check make one line that the oracle takes, or are refused") {
  PAWL_PRINT_SEED();
  Random random;
  int refused = 0;
  int marked = 0;
  for (int i = 0; i < 20'000; ++i) {
    INFO("round ", i);
    const std::string name = random_text(random);
    const std::string message = random_text(random);
    const std::string host = random_text(random);
    const pawl::ServiceCheck check{.name = name,
                                   .status = static_cast<pawl::CheckStatus>(random.below(4)),
                                   .message = message,
                                   .host = host,
                                   .timestamp = random_time(random)};
    std::string line;
    pawl::tags::Repairs repairs;
    const bool appended =
        append_service_check(line, check, random.chance(0.5) ? "a" : "", {}, repairs);
    REQUIRE(appended == !name.empty());
    refused += appended ? 0 : 1;
    if (!appended) continue;
    const pawl::test::ServiceCheck got = decode_one(line).service_checks().at(0);
    REQUIRE(is_faithful(message, got.message));
    REQUIRE(got.message.empty() == message.empty());
    REQUIRE(got.name.size() == name.size());
    REQUIRE(got.host.size() == host.size());
    REQUIRE(got.status == static_cast<int>(check.status));
    REQUIRE(got.timestamp == seconds_of(check.timestamp));
    marked += message.find("m:") == std::string::npos ? 0 : 1;
  }
  CHECK(refused > 100);
  CHECK(marked > 1000);
}

}  // namespace
