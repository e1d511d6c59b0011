#include "context/call_key.h"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "context/guarded_pages.h"
#include "support/seed.h"

namespace {

using pawl::Cardinality;
using pawl::MetricType;
using pawl::Tag;
using pawl::Tags;
using pawl::context::Call;
using pawl::context::CallKey;
using pawl::test::GuardedPages;
using pawl::test::Random;

constexpr std::uint64_t kSeed = 0x1234'5678'9abc'def1;

Call count_of(std::string_view name, Tags tags = {}) {
  return {MetricType::count, Cardinality::unset, 0, name, tags};
}

std::string text_of(const Call& call) {
  const CallKey key{call};
  return std::string{key.view()};
}

std::uint64_t hash_of(const Call& call) { return CallKey{call}.hash(kSeed); }

// Flips each byte of `piece` in turn and checks that the call's key and hash tell.
void check_every_byte(std::string& piece, const Call& call) {
  const std::string text = text_of(call);
  const std::uint64_t hash = hash_of(call);
  for (char& byte : piece) {
    byte = static_cast<char>(byte ^ 0x10);
    REQUIRE(text_of(call) != text);
    REQUIRE(hash_of(call) != hash);
    byte = static_cast<char>(byte ^ 0x10);
  }
  REQUIRE(text_of(call) == text);
  REQUIRE(hash_of(call) == hash);
}

TEST_CASE("every byte of every piece counts, whatever its length") {
  PAWL_PRINT_SEED();
  Random random;
  for (std::size_t size = 0; size <= CallKey::kLongestPiece; size += size < 40 ? 1 : 43) {
    std::string name = random.bytes(size);
    std::string key = random.bytes(size);
    std::string value = random.bytes(size);
    const std::vector<Tag> tags = {{key, value}};
    const Call call = count_of(name, tags);
    REQUIRE(CallKey{call});
    check_every_byte(name, call);
    check_every_byte(key, call);
    check_every_byte(value, call);
  }
}

TEST_CASE("every length of every piece counts") {
  const std::string bytes = "aaaaaaaaaaaaaaaaaaaaaaaa";
  std::set<std::string> texts;
  std::set<std::uint64_t> hashes;
  std::size_t calls = 0;
  const std::string_view all = bytes;
  for (std::size_t name = 0; name <= bytes.size(); ++name)
    for (std::size_t key = 0; name + key <= bytes.size(); ++key, ++calls) {
      const std::vector<Tag> tags = {{all.substr(name, key), all.substr(name + key)}};
      texts.insert(text_of(count_of(all.substr(0, name), tags)));
      hashes.insert(hash_of(count_of(all.substr(0, name), tags)));
    }
  CHECK(texts.size() == calls);
  CHECK(hashes.size() == calls);
}

TEST_CASE("zeros at the end of a piece count") {
  std::set<std::string> texts;
  for (std::size_t size = 0; size < 64; ++size)
    texts.insert(text_of(count_of(std::string(size, '\0'))));
  CHECK(texts.size() == 64);
}

TEST_CASE("the type, the cardinality, the scope, the order and the number of tags count") {
  const std::vector<Tag> tags = {{"a", "1"}, {"b", "2"}};
  const std::vector<Tag> turned = {{"b", "2"}, {"a", "1"}};
  const std::vector<Tag> more = {{"a", "1"}, {"b", "2"}, {"", ""}};
  std::set<std::string> texts;
  for (const Call& call : {Call{MetricType::count, Cardinality::unset, 0, "n", tags},
                           Call{MetricType::gauge, Cardinality::unset, 0, "n", tags},
                           Call{MetricType::count, Cardinality::low, 0, "n", tags},
                           Call{MetricType::count, Cardinality::unset, 1, "n", tags},
                           Call{MetricType::count, Cardinality::unset, 1U << 31, "n", tags},
                           Call{MetricType::count, Cardinality::unset, 0, "n", turned},
                           Call{MetricType::count, Cardinality::unset, 0, "n", more},
                           Call{MetricType::count, Cardinality::unset, 0, "n", {}}})
    texts.insert(text_of(call));
  CHECK(texts.size() == 8);
}

TEST_CASE("another seed gives another hash") {
  const CallKey key{count_of("n")};
  CHECK(key.hash(1) != key.hash(3));
}

TEST_CASE("no byte before or after a piece is read") {
  GuardedPages names;
  GuardedPages keys;
  GuardedPages values;
  for (std::size_t size = 0; size <= CallKey::kLongestPiece; ++size) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    const std::vector<Tag> plain = {{text, text}};
    const std::string expected = text_of(count_of(text, plain));
    const std::vector<Tag> last = {{keys.at_end(text), values.at_end(text)}};
    REQUIRE(text_of(count_of(names.at_end(text), last)) == expected);
    const std::vector<Tag> first = {{keys.at_start(text), values.at_start(text)}};
    REQUIRE(text_of(count_of(names.at_start(text), first)) == expected);
  }
}

TEST_CASE("a call with a piece longer than 255 bytes has no key") {
  const std::string fits(255, 'x');
  const std::string large(256, 'x');
  const auto has_key = [](std::string_view name, std::string_view key, std::string_view value) {
    const std::vector<Tag> tags = {{key, value}};
    return static_cast<bool>(CallKey{count_of(name, tags)});
  };
  CHECK(has_key(fits, fits, fits));
  CHECK_FALSE(has_key(large, "k", "v"));
  CHECK_FALSE(has_key("n", large, "v"));
  CHECK_FALSE(has_key("n", "k", large));
  CHECK_FALSE(has_key("n", "k", std::string(1 << 20, 'x')));
}

TEST_CASE("a call with more than 127 tags has no key") {
  const std::vector<Tag> fits(127, Tag{"", ""});
  const std::vector<Tag> many(128, Tag{"", ""});
  CHECK(CallKey{count_of("n", fits)});
  CHECK_FALSE(CallKey{count_of("n", many)});
}

// Pieces and tags of any number and length around the limits, each in memory of its own length.
struct RandomCall {
  std::string name;
  std::vector<std::string> texts;
  std::vector<Tag> tags;

  explicit RandomCall(Random& random) : name(random.bytes(random.below(260))) {
    const std::size_t longest = random.pick(std::vector<std::size_t>{1, 6, 20, 100, 258});
    for (std::size_t i = 2 * random.below(130); i > 0; --i)
      texts.push_back(random.bytes(random.below(longest)));
    for (std::size_t i = 0; i < texts.size(); i += 2) tags.push_back({texts[i], texts[i + 1]});
  }
};

TEST_CASE("a key never outgrows its bounds, and equal calls have equal keys") {
  PAWL_PRINT_SEED();
  Random random;
  int keyed = 0;
  int keyless = 0;
  std::set<std::string> seen;
  for (int i = 0; i < 8000; ++i) {
    const RandomCall made{random};
    const RandomCall same = made;
    const std::vector<Tag> tags = made.tags;
    const CallKey key{count_of(made.name, tags)};
    (key ? keyed : keyless) += 1;
    REQUIRE(key.view().size() <= CallKey::kMostBytes + 2 * CallKey::kLongestPiece + 16);
    REQUIRE(key.view().size() % 16 == 0);
    REQUIRE(text_of(count_of(same.name, tags)) == key.view());
    if (key) seen.insert(std::string{key.view()});
  }
  CHECK(keyed > 1000);
  CHECK(keyless > 1000);
  CHECK(seen.size() > 0.99 * keyed);
}

}  // namespace
