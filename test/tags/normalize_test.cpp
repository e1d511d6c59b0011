#include "tags/normalize.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace {

using pawl::Repair;
using pawl::tags::append_clean;
using pawl::tags::append_name;
using pawl::tags::append_tag;
using pawl::tags::is_reserved;
using pawl::tags::key_of;
using pawl::tags::Repairs;
using namespace std::string_view_literals;

int times(const Repairs& repairs, Repair repair) {
  return repairs.times[static_cast<std::size_t>(repair)];
}

struct Name {
  std::string_view prefix;
  std::string_view name;
  std::string_view clean;
};

constexpr Name kGoodNames[] = {
    {"", "http.requests", "http.requests"},
    {"", "A_9.z", "A_9.z"},
    {"", "a", "a"},
    {"app.", "hits", "app.hits"},
};

constexpr Name kRepairedNames[] = {
    {"", "a b-c/d", "a_b_c_d"},
    {"", "caf\xC3\xA9", "caf__"},
    {"", "a:1|c\nb", "a_1_c_b"},
    {"", "a\0b"sv, "a_b"},
    {"", "a,b#c@d", "a_b_c_d"},
    {"", "1abc", "abc"},
    {"", "_.9x", "x"},
    {"", "\xFF\xFEx", "x"},
    {"my-app.", "hits", "my_app.hits"},
    {"1.", "hits", "hits"},
};

constexpr std::string_view kRefusedNames[] = {"", "1", "123.456", "...", "___", "\xC3\xA9", "|#,"};

TEST_CASE("a good name passes as it is, with its prefix") {
  for (const Name& one : kGoodNames) {
    INFO(one.prefix, one.name);
    std::string out;
    Repairs repairs;
    CHECK(append_name(out, one.prefix, one.name, repairs));
    CHECK(out == one.clean);
    CHECK_FALSE(repairs.any());
  }
}

TEST_CASE("bytes that a name may not have become _, and what precedes its first letter is cut") {
  for (const Name& one : kRepairedNames) {
    INFO(one.prefix, one.name);
    std::string out;
    Repairs repairs;
    CHECK(append_name(out, one.prefix, one.name, repairs));
    CHECK(out == one.clean);
    CHECK(times(repairs, Repair::name) == 1);
  }
}

TEST_CASE("a name without a letter is refused, whatever its prefix") {
  for (const std::string_view name : kRefusedNames)
    for (const std::string_view prefix : {"", "app."}) {
      INFO(prefix, name);
      std::string out;
      Repairs repairs;
      CHECK_FALSE(append_name(out, prefix, name, repairs));
      CHECK(out.empty());
    }
}

TEST_CASE("a name may have 200 bytes with its prefix and no more") {
  const auto fits = [](std::size_t prefix, const std::string& name) {
    std::string out = "what was there";
    Repairs repairs;
    return append_name(out, std::string(prefix, 'p'), name, repairs);
  };
  CHECK(fits(0, std::string(200, 'n')));
  CHECK_FALSE(fits(0, std::string(201, 'n')));
  CHECK(fits(150, std::string(50, 'n')));
  CHECK_FALSE(fits(150, std::string(51, 'n')));
  CHECK(fits(0, "1" + std::string(200, 'n')));
  CHECK_FALSE(fits(0, std::string(100'000, 'n')));
}

struct Tag {
  std::string_view key;
  std::string_view value;
  std::string_view clean;
};

constexpr Tag kGoodTags[] = {
    {"env", "prod", "env:prod"},
    {"env", "", "env"},
    {"", "prod", "prod"},
    {"", "env:prod", "env:prod"},
    {"url", "http://x/y?z=1&a=@b", "url:http://x/y?z=1&a=@b"},
    {"a b", "c d", "a b:c d"},
    {"caf\xC3\xA9", "\xE2\x82\xAC\xF0\x9F\x98\x80", "caf\xC3\xA9:\xE2\x82\xAC\xF0\x9F\x98\x80"},
    // The first and the last character of 2, 3 and 4 bytes, and those around the surrogates.
    {"", "\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80", "\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80"},
    {"", "\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF", "\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF"},
    {"", "\xED\x9F\xBF\xEE\x80\x80", "\xED\x9F\xBF\xEE\x80\x80"},
};

TEST_CASE("a good tag passes as it is") {
  for (const Tag& one : kGoodTags) {
    INFO(one.clean);
    std::string out;
    Repairs repairs;
    CHECK(append_tag(out, one.key, one.value, repairs));
    CHECK(out == one.clean);
    CHECK_FALSE(repairs.any());
  }
}

constexpr Tag kRepairedTags[] = {
    {"k", "a,b", "k:a_b"},
    {"k", "a|b", "k:a_b"},
    {"k", "a\nb", "k:a_b"},
    {"k", "a\rb", "k:a_b"},
    {"k", "a\0b"sv, "k:a_b"},
    {"k", "a#b", "k:a_b"},
    {"k", "a\x7F\x1F\tb", "k:a___b"},
    {"k,|#\n", "v", "k____:v"},
    {"k", "x|#evil:1", "k:x__evil:1"},
    {"k", "x\nevil:1|c", "k:x_evil:1_c"},
    {"k", "\xFF", "k:_"},
    {"k", "\x80", "k:_"},
    {"k", "\xC3", "k:_"},
    {"k", "\xC3z", "k:_z"},
    {"k", "\xE2\x82", "k:__"},
    {"k", "\xC0\x80", "k:__"},
    {"k", "\xC1\xBF", "k:__"},
    {"k", "\xE0\x9F\xBF", "k:___"},
    {"k", "\xED\xA0\x80", "k:___"},
    {"k", "\xF0\x8F\xBF\xBF", "k:____"},
    {"k", "\xF4\x90\x80\x80", "k:____"},
    {"k", "\xF5\x80\x80\x80", "k:____"},
};

TEST_CASE(
    "bytes that would break the line, and broken UTF-8, become _ and are counted once a tag") {
  for (const Tag& one : kRepairedTags) {
    INFO(one.clean);
    std::string out;
    Repairs repairs;
    CHECK(append_tag(out, one.key, one.value, repairs));
    CHECK(out == one.clean);
    CHECK(times(repairs, Repair::tag_bytes) == 1);
    CHECK(times(repairs, Repair::tag_cut) == 0);
  }
}

TEST_CASE("a tag without key and value is left out and counted") {
  std::string out = "before";
  Repairs repairs;
  CHECK_FALSE(append_tag(out, "", "", repairs));
  CHECK(out == "before");
  CHECK(times(repairs, Repair::tag_empty) == 1);
}

std::size_t size_after_cut(std::string_view key, const std::string& value, int cuts) {
  std::string out = "before ";
  Repairs repairs;
  CHECK(append_tag(out, key, value, repairs));
  CHECK(times(repairs, Repair::tag_cut) == cuts);
  CHECK(times(repairs, Repair::tag_bytes) == 0);
  return out.size() - 7;
}

TEST_CASE("a tag longer than 200 bytes is cut at a character boundary and counted") {
  CHECK(size_after_cut("k", std::string(198, 'v'), 0) == 200);
  CHECK(size_after_cut("k", std::string(199, 'v'), 1) == 200);
  CHECK(size_after_cut("k", std::string(100'000, 'v'), 1) == 200);
  CHECK(size_after_cut("", std::string(198, 'v') + "\xC3\xA9", 0) == 200);
  CHECK(size_after_cut("", std::string(199, 'v') + "\xC3\xA9", 1) == 199);
  CHECK(size_after_cut("", std::string(198, 'v') + "\xE2\x82\xAC", 1) == 198);
  CHECK(size_after_cut("", std::string(199, 'v') + "\xE2\x82\xAC", 1) == 199);
  CHECK(size_after_cut("", std::string(197, 'v') + "\xF0\x9F\x98\x80", 1) == 197);
  CHECK(size_after_cut("", std::string(199, 'v') + "\xF0\x9F\x98\x80", 1) == 199);
}

TEST_CASE("a long tag of broken bytes is both repaired and cut") {
  std::string out;
  Repairs repairs;
  CHECK(append_tag(out, "", std::string(300, '\xBF'), repairs));
  CHECK(out == std::string(200, '_'));
  CHECK(times(repairs, Repair::tag_bytes) == 1);
  CHECK(times(repairs, Repair::tag_cut) == 1);
}

TEST_CASE("cleaning replaces the bytes that it was given beside those that always break") {
  std::string out;
  CHECK(append_clean(out, "a:b|c", ":"));
  CHECK(out == "a_b_c");
  CHECK_FALSE(append_clean(out, ",#:", ""));
  CHECK(out == "a_b_c,#:");
}

TEST_CASE("keys that the Agent obeys are reserved in any spelling") {
  for (const std::string_view tag : {"host",
                                     "host:x",
                                     "HOST:x",
                                     "Host:x:y",
                                     "host:",
                                     "device:sda",
                                     "Device",
                                     "jmx_check_name:x",
                                     "JMX_CHECK_NAME:x",
                                     "dd.internal.entity_id:x",
                                     "dd.internal.card:high",
                                     "DD.Internal.x",
                                     "dd.internal."}) {
    INFO(tag);
    CHECK(is_reserved(tag));
  }
}

TEST_CASE("keys that only look like reserved ones are free") {
  for (const std::string_view tag : {"",
                                     ":host",
                                     "hosts:x",
                                     "hostname:x",
                                     "my.host:x",
                                     "k:host",
                                     "k:host:x",
                                     " host:x",
                                     "device_id:x",
                                     "jmx_check_names:x",
                                     "dd.internal",
                                     "dd.internal:x",
                                     "xdd.internal.x"}) {
    INFO(tag);
    CHECK_FALSE(is_reserved(tag));
  }
}

TEST_CASE("a tag's key ends at its first colon") {
  CHECK(key_of("a:b:c") == "a");
  CHECK(key_of("a") == "a");
  CHECK(key_of(":b").empty());
  CHECK(key_of("").empty());
}

TEST_CASE("repairs of one kind stop counting at 255 instead of starting anew") {
  Repairs repairs;
  CHECK_FALSE(repairs.any());
  for (int i = 0; i < 300; ++i) repairs.note(Repair::tag_empty);
  CHECK(times(repairs, Repair::tag_empty) == 255);
  CHECK(times(repairs, Repair::name) == 0);
  CHECK(repairs.any());
}

}  // namespace
