// A flood of tags that never repeat costs time for each call and never more memory than was said.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <malloc.h>

#include "context/look_up.h"
#include "context/registry.h"
#include "support/sanitizers.h"
#include "support/seed.h"

namespace {

using pawl::MetricType;
using pawl::Tag;
using pawl::context::Context;
using pawl::context::Limits;
using pawl::context::Registry;
using pawl::test::call_of;
using pawl::test::look_up;
using pawl::test::Random;

constexpr std::array kTypes = {MetricType::count,
                               MetricType::gauge,
                               MetricType::histogram,
                               MetricType::distribution,
                               MetricType::timing,
                               MetricType::set};

std::size_t heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

void flood(Registry& registry, int calls) {
  Random random;
  for (int i = 0; i < calls; ++i) {
    const std::string name = random.chance(0.1) ? "n" + std::to_string(random.next()) : "n";
    const std::string user = std::to_string(random.next());
    const std::string text = random.bytes(random.below(60));
    const std::vector<Tag> tags = {{"user", user}, {"text", text}};
    look_up(registry, call_of(random.pick(kTypes), name, tags));
  }
}

// What the overflow contexts may add to the limit.
constexpr std::size_t kOverflowBytes = 1100 * (sizeof(Context) + 100);

TEST_CASE("a flood of random tags and names stays within the limit on bytes") {
  PAWL_PRINT_SEED();
  constexpr Limits kLimits{.contexts = 1'000'000, .bytes = 2 << 20};
  Registry registry{kLimits, {}};
  flood(registry, 50'000);
  CHECK(registry.bytes() <= kLimits.bytes + kOverflowBytes);
  CHECK(registry.bytes() >= kLimits.bytes / 2);
}

TEST_CASE("a million contexts are found again, the next one overflows, and each takes 350 bytes") {
  if (pawl::test::kUnderSanitizer) {
    MESSAGE("skipped: it takes minutes under a sanitizer");
    return;
  }
  constexpr std::uint32_t kMillion = 1'000'000;
  const std::size_t before = heap_bytes();
  Registry registry{{.contexts = kMillion, .bytes = std::size_t{1} << 30}, {}};
  const auto numbered = [&registry](std::uint32_t number) {
    const std::string request = std::to_string(number);
    const std::vector<Tag> tags = {{"model", "gpt-4.1"},
                                   {"prompt_name", "support_triage"},
                                   {"prompt_version", request},
                                   {"feature", "support_agent"},
                                   {"env", "prod"}};
    return look_up(registry, call_of(MetricType::count, "llm.requests", tags)).context;
  };
  for (std::uint32_t i = 0; i < kMillion; ++i) REQUIRE(numbered(i)->index == i);
  for (std::uint32_t i = 0; i < kMillion; i += 997) REQUIRE(numbered(i)->index == i);
  CHECK(numbered(kMillion)->tags() == "pawl_overflow:true");
  registry.retire(0, 1);
  registry.free_retired();
  CHECK(heap_bytes() - before <= 350 * std::size_t{kMillion});
  CHECK(registry.bytes() <= 350 * std::size_t{kMillion});
}

TEST_CASE("a flood of random tags takes little more of the heap than the registry says") {
  if (pawl::test::kUnderSanitizer) {
    MESSAGE("skipped: the sanitizer owns the allocator");
    return;
  }
  PAWL_PRINT_SEED();
  constexpr Limits kLimits{.contexts = 1'000'000, .bytes = 4 << 20};
  const std::size_t before = heap_bytes();
  const auto registry = std::make_unique<Registry>(kLimits, pawl::context::Rules{});
  flood(*registry, 100'000);
  const std::size_t after = heap_bytes();
  flood(*registry, 50'000);
  const std::size_t later = heap_bytes();
  CHECK(registry->bytes() <= kLimits.bytes + kOverflowBytes);
  CHECK(after - before <= 2 * kLimits.bytes);
  CHECK(later <= after + 64'000);  // the directory's and the tables' last steps
}

}  // namespace
