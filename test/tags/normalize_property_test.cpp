// Whatever a program passes as a name and a tag, what is left of it is one line's name and one tag.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/oracle.h"
#include "support/seed.h"
#include "tags/normalize.h"

namespace {

using pawl::Repair;
using pawl::tags::append_name;
using pawl::tags::append_tag;
using pawl::tags::Repairs;
using pawl::test::decode;
using pawl::test::Decoded;
using pawl::test::Random;
using namespace std::string_view_literals;

// Any bytes; those that mean something on the wire; pieces of UTF-8; plain text.
std::string random_text(Random& random) {
  constexpr std::string_view kWire = "ab|#,:\n\r\0@{}\\m_T1"sv;
  constexpr std::string_view kUtf8 = "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xED\xA0x";
  constexpr std::string_view kPlain = "abcXYZ019_.";
  const std::size_t size = random.chance(0.1) ? random.below(400) : random.below(20);
  switch (random.below(4)) {
    case 0:
      return random.bytes(size);
    case 1:
      return random.text(size, kWire);
    case 2:
      return random.text(size, kUtf8);
    default:
      return random.text(size, kPlain);
  }
}

struct Reached {
  int refused = 0;
  int empty = 0;
  int plain = 0;
  std::array<int, pawl::kRepairs> repaired{};

  void add(const Repairs& repairs) {
    plain += repairs.any() ? 0 : 1;
    for (std::size_t i = 0; i < pawl::kRepairs; ++i) repaired[i] += repairs.times[i];
  }
  int operator[](Repair repair) const { return repaired[static_cast<std::size_t>(repair)]; }
};

// A repaired text is not repaired again.
void check_settled(const std::string& name, const std::string& tag) {
  std::string again;
  Repairs none;
  CHECK(append_name(again, "", name, none));
  CHECK(again == name);
  again.clear();
  CHECK(append_tag(again, "", tag, none));
  CHECK(again == tag);
  CHECK_FALSE(none.any());
}

void check_line(const std::string& name, const std::string& tag) {
  const Decoded decoded = decode(name + ":1|c|#" + tag + "\n");
  REQUIRE_MESSAGE(decoded.accepted(), *decoded.refusal);
  REQUIRE(decoded.items.size() == 1);
  CHECK(decoded.metrics().at(0).name == name);
  CHECK(decoded.metrics().at(0).tags == std::vector<std::string>{tag});
}

TEST_CASE("any bytes as name, key and value leave one line with one tag, or are refused") {
  PAWL_PRINT_SEED();
  Random random;
  Reached reached;
  for (int i = 0; i < 30'000; ++i) {
    INFO("round ", i);
    std::string name;
    std::string tag;
    Repairs repairs;
    const std::string prefix = random.chance(0.3) ? random_text(random) : "";
    const bool named = append_name(name, prefix, random_text(random), repairs);
    const bool tagged = append_tag(tag, random_text(random), random_text(random), repairs);
    reached.add(repairs);
    reached.refused += named ? 0 : 1;
    reached.empty += tagged ? 0 : 1;
    if (!named || !tagged) continue;
    check_line(name, tag);
    check_settled(name, tag);
  }
  CHECK(reached.refused > 100);
  CHECK(reached.empty > 10);
  CHECK(reached.plain > 100);
  CHECK(reached[Repair::name] > 100);
  CHECK(reached[Repair::tag_bytes] > 100);
  CHECK(reached[Repair::tag_cut] > 100);
  CHECK(reached[Repair::tag_empty] == reached.empty);
}

}  // namespace
