#include "tools/arguments.h"

#include <string>

#include <doctest/doctest.h>

namespace {

using pawl::tools::parse_duration;
using pawl::tools::parse_number;
using pawl::tools::parse_whole;
using pawl::tools::printable;
using pawl::tools::utf8_length;
using std::chrono::milliseconds;

TEST_CASE("a duration has a unit") {
  CHECK(*parse_duration("500ms") == milliseconds{500});
  CHECK(*parse_duration("10s") == milliseconds{10'000});
  CHECK(*parse_duration("1.5m") == milliseconds{90'000});
  CHECK(*parse_duration("2h") == milliseconds{7'200'000});
}

TEST_CASE("a duration that makes no sense is refused by its text") {
  for (const char* text : {"",
                           "s",
                           "ms",
                           "10",
                           "10 s",
                           "-1s",
                           "0s",
                           "0.1ms",
                           "1d",
                           "1e99h",
                           "nans",
                           "infs",
                           "0x1s",
                           "1s2"}) {
    CAPTURE(text);
    const auto duration = parse_duration(text);
    REQUIRE_FALSE(duration.ok());
    CHECK(duration.error().message ==
          "\"" + std::string{text} + "\" is not a duration such as 500ms, 10s or 2m");
  }
}

TEST_CASE("a whole number fills its text and keeps to its range") {
  CHECK(*parse_whole("-5", -10, 10) == -5);
  CHECK(*parse_whole("9223372036854775807", 0, INT64_MAX) == INT64_MAX);
  for (const char* text : {"", "5x", " 5", "+5", "11", "-11", "1e1", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_whole(text, -10, 10).ok());
  }
  CHECK(parse_whole("0", 1, 10).error().message == "\"0\" is not a whole number from 1 to 10");
}

TEST_CASE("a number is finite and decimal") {
  CHECK(*parse_number("-2.5e3") == -2500);
  for (const char* text : {"", "nan", "inf", "-inf", "0x10", "1,5", "1e999", "5 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_number(text).ok());
  }
}

TEST_CASE("printable text keeps UTF-8 and escapes what steers a terminal") {
  CHECK(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK(printable("\x1b[31m\n\x7f\xc2\x9b\xff") == "\\x1b[31m\\n\\x7f\\xc2\\x9b\\xff");
}

TEST_CASE("printable text is cut at its bound") {
  CHECK(printable("abcdef", 3) == "abc...");
  CHECK(printable("abc", 3) == "abc");
}

TEST_CASE("only the UTF-8 sequences of the standard have a length") {
  CHECK(utf8_length("a") == 1);
  CHECK(utf8_length("\xc3\xa9") == 2);
  CHECK(utf8_length("\xe2\x82\xac") == 3);
  CHECK(utf8_length("\xf4\x8f\xbf\xbf") == 4);
  for (const char* text : {"",
                           "\x80",
                           "\xc0\x80",
                           "\xc1\xbf",
                           "\xc3",
                           "\xc3(",
                           "\xe0\x80\x80",
                           "\xe2\x82",
                           "\xed\xa0\x80",
                           "\xf0\x80\x80\x80",
                           "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80",
                           "\xff"}) {
    CAPTURE(text);
    CHECK(utf8_length(text) == 0);
  }
}

}  // namespace
