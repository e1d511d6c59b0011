#include "context/digest.h"

#include <set>
#include <string>
#include <string_view>
#include <utility>
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
using pawl::context::Digest;
using pawl::context::Digester;
using pawl::test::GuardedPages;
using pawl::test::Random;

constexpr std::uint64_t kSeed = 0x1234'5678'9abc'def1;

Call count_of(std::string_view name, Tags tags = {}) {
  return {MetricType::count, Cardinality::unset, 0, name, tags};
}

Digest digest_of(const Call& call) {
  static const Digester digester{kSeed};
  return digester.digest(call);
}

// The digests of calls that all differ, to be counted.
struct Digests {
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t calls = 0;

  void add(const Call& call) {
    const Digest digest = digest_of(call);
    seen.insert({digest.low, digest.high});
    ++calls;
  }
  void check() const { CHECK(seen.size() == calls); }
};

// Flips each byte of `piece` in turn and checks that the call's digest tells.
void check_every_byte(std::string& piece, const Call& call) {
  const Digest digest = digest_of(call);
  for (char& byte : piece) {
    byte = static_cast<char>(byte ^ 0x10);
    REQUIRE(digest_of(call) != digest);
    byte = static_cast<char>(byte ^ 0x10);
  }
  REQUIRE(digest_of(call) == digest);
}

TEST_CASE("every byte of every piece counts, whatever its length") {
  PAWL_PRINT_SEED();
  Random random;
  for (std::size_t size = 0; size <= Digester::kLongestPiece; size += size < 40 ? 1 : 43) {
    std::string name = random.bytes(size);
    std::string key = random.bytes(size);
    std::string value = random.bytes(size);
    const std::vector<Tag> tags = {{key, value}};
    const Call call = count_of(name, tags);
    REQUIRE(Digester::fits(call));
    check_every_byte(name, call);
    check_every_byte(key, call);
    check_every_byte(value, call);
  }
}

TEST_CASE("every length of every piece counts") {
  for (const std::size_t most : {24U, 60U}) {
    const std::string bytes(most, 'a');
    const std::string_view all = bytes;
    Digests digests;
    for (std::size_t name = 0; name <= most; ++name)
      for (std::size_t key = 0; name + key <= most; ++key) {
        const std::vector<Tag> tags = {{all.substr(name, key), all.substr(name + key)}};
        digests.add(count_of(all.substr(0, name), tags));
      }
    digests.check();
  }
}

TEST_CASE("pieces of zeros are told apart by their number and lengths") {
  const std::string zeros(200, '\0');
  const std::string_view all = zeros;
  Digests digests;
  for (std::size_t tags = 0; tags < 8; ++tags)
    for (std::size_t size = 0; size < 46; ++size)
      for (const bool even : {true, false}) {
        if (tags == 0 && !even) continue;
        const std::vector<Tag> made(
            tags, Tag{all.substr(0, size), all.substr(0, even ? size : size + 1)});
        if (tags == 0 && size != 0) digests.add(count_of(all.substr(0, size), made));
        if (tags != 0) digests.add(count_of("", made));
      }
  digests.check();
}

TEST_CASE("the type, the cardinality, the scope, the order and the number of tags count") {
  const std::vector<Tag> tags = {{"a", "1"}, {"b", "2"}};
  const std::vector<Tag> turned = {{"b", "2"}, {"a", "1"}};
  const std::vector<Tag> more = {{"a", "1"}, {"b", "2"}, {"", ""}};
  Digests digests;
  for (const Call& call : {Call{MetricType::count, Cardinality::unset, 0, "n", tags},
                           Call{MetricType::gauge, Cardinality::unset, 0, "n", tags},
                           Call{MetricType::count, Cardinality::low, 0, "n", tags},
                           Call{MetricType::count, Cardinality::unset, 1, "n", tags},
                           Call{MetricType::count, Cardinality::unset, 1U << 31, "n", tags},
                           Call{MetricType::count, Cardinality::unset, 0, "n", turned},
                           Call{MetricType::count, Cardinality::unset, 0, "n", more},
                           Call{MetricType::count, Cardinality::unset, 0, "n", {}}})
    digests.add(call);
  digests.check();
}

TEST_CASE("a million calls that differ in one digit have a million digests") {
  Digests digests;
  for (int i = 0; i < 1'000'000; ++i) {
    const std::string value = "tenant-" + std::to_string(i) + "-production";
    const std::vector<Tag> tags = {{"tenant", value}};
    digests.add(count_of("llm.requests", tags));
  }
  digests.check();
}

// Changes that cancel each other out where two blocks share a key, over many keys.
TEST_CASE("two pieces that change against each other are told from what they were") {
  const auto text = [](std::size_t size, char last) {
    std::string made(size, 'a');
    made.back() = last;
    return made;
  };
  std::size_t same = 0;
  for (std::size_t one = 1; one <= 20; ++one)
    for (std::size_t other = 1; other <= 20; ++other)
      for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const Digester digester{seed * 2 + 1};
        const std::string a = text(one, 'k');
        const std::string b = text(other, 'k');
        const std::string more = text(one, 'l');
        const std::string less = text(other, 'j');
        const std::vector<Tag> tags = {{a, "x"}, {"key", b}, {b, a}};
        const std::vector<Tag> keys = {{more, "x"}, {"key", less}, {b, a}};
        const std::vector<Tag> values = {{a, "x"}, {"key", b}, {less, more}};
        const Digest digest = digester.digest(count_of("n", tags));
        same += digester.digest(count_of("n", keys)) == digest ? 1U : 0U;
        same += digester.digest(count_of("n", values)) == digest ? 1U : 0U;
      }
  CHECK(same == 0);
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    const Digester digester{seed};
    const std::vector<Tag> hosts = {{"src", "host117"}, {"dst", "host3"}};
    const std::vector<Tag> others = {{"src", "host118"}, {"dst", "host2"}};
    REQUIRE(digester.digest(count_of("net.bytes", hosts)) !=
            digester.digest(count_of("net.bytes", others)));
  }
}

TEST_CASE("the digest of a call is that of its tags and its name") {
  const Digester digester{kSeed};
  const std::string name(40, 'n');
  const std::vector<Tag> tags = {{"model", "gpt-4.1"}, {"env", "prod"}};
  const auto sum = digester.sum(tags);
  CHECK(digester.digest(sum, count_of(name)) == digester.digest(count_of(name, tags)));
  CHECK(digester.digest(sum, count_of("m")) == digester.digest(count_of("m", tags)));
}

TEST_CASE("another seed gives another digest") {
  CHECK(Digester{1}.digest(count_of("n")) != Digester{3}.digest(count_of("n")));
}

TEST_CASE("no byte before or after a piece is read") {
  GuardedPages names;
  GuardedPages keys;
  GuardedPages values;
  for (std::size_t size = 0; size <= Digester::kLongestPiece; ++size) {
    const std::string text(size, static_cast<char>('a' + size % 26));
    const std::vector<Tag> plain = {{text, text}};
    const Digest expected = digest_of(count_of(text, plain));
    const std::vector<Tag> last = {{keys.at_end(text), values.at_end(text)}};
    REQUIRE(digest_of(count_of(names.at_end(text), last)) == expected);
    const std::vector<Tag> first = {{keys.at_start(text), values.at_start(text)}};
    REQUIRE(digest_of(count_of(names.at_start(text), first)) == expected);
  }
}

TEST_CASE("a call with a piece longer than 255 bytes does not fit") {
  const std::string fits(255, 'x');
  const std::string large(256, 'x');
  const auto does_fit = [](std::string_view name, std::string_view key, std::string_view value) {
    const std::vector<Tag> tags = {{key, value}};
    return Digester::fits(count_of(name, tags));
  };
  CHECK(does_fit(fits, fits, fits));
  CHECK_FALSE(does_fit(large, "k", "v"));
  CHECK_FALSE(does_fit("n", large, "v"));
  CHECK_FALSE(does_fit("n", "k", large));
  CHECK_FALSE(does_fit("n", "k", std::string(1 << 20, 'x')));
}

TEST_CASE("a call with more than 32 tags, or with many long ones, does not fit") {
  const std::string medium(100, 'x');
  CHECK(Digester::fits(count_of("n", std::vector<Tag>(32, Tag{"key", "value"}))));
  CHECK_FALSE(Digester::fits(count_of("n", std::vector<Tag>(33, Tag{"", ""}))));
  CHECK(Digester::fits(count_of("n", std::vector<Tag>(8, Tag{"key", medium}))));
  CHECK_FALSE(Digester::fits(count_of("n", std::vector<Tag>(9, Tag{"key", medium}))));
}

// Pieces and tags of any number and length around the limits, each in memory of its own length.
struct RandomCall {
  std::string name;
  std::vector<std::string> texts;
  std::vector<Tag> tags;

  explicit RandomCall(Random& random) : name(random.bytes(random.below(260))) {
    const std::size_t longest = random.pick(std::vector<std::size_t>{1, 6, 20, 100, 258});
    for (std::size_t i = 2 * random.below(40); i > 0; --i)
      texts.push_back(random.bytes(random.below(longest)));
    for (std::size_t i = 0; i < texts.size(); i += 2) tags.push_back({texts[i], texts[i + 1]});
  }
};

TEST_CASE("equal calls have equal digests, and calls that do not fit none of those that do") {
  PAWL_PRINT_SEED();
  Random random;
  std::set<std::pair<std::uint64_t, std::uint64_t>> fitting;
  std::set<std::pair<std::uint64_t, std::uint64_t>> others;
  int fit = 0;
  for (int i = 0; i < 8000; ++i) {
    const RandomCall made{random};
    const Call call = count_of(made.name, made.tags);
    const RandomCall same = made;
    const Digest digest = digest_of(call);
    REQUIRE(digest_of(count_of(same.name, made.tags)) == digest);
    fit += Digester::fits(call) ? 1 : 0;
    (Digester::fits(call) ? fitting : others).insert({digest.low, digest.high});
  }
  CHECK(fit > 500);
  CHECK(fit < 7500);
  CHECK(static_cast<int>(fitting.size()) > 0.9 * fit);
  for (const auto& digest : others) CHECK(fitting.count(digest) == 0);
}

}  // namespace
