#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pawl/price_book.h>

#include "support/alloc_counter.h"
#include "support/temp_dir.h"

namespace {

using pawl::llm::ModelPrice;
using pawl::llm::PriceBook;
using pawl::llm::PriceEntry;
using pawl::llm::PriceSource;
using pawl::llm::Usage;
using pawl::test::AllocCounter;
using pawl::test::FailingAlloc;
using pawl::test::TempDir;

constexpr Usage kMillion{.input = 1'000'000};

ModelPrice usd(double input) {
  return {{.input_usd_per_mtok = input, .output_usd_per_mtok = 1}, {}};
}

// What a million tokens cost, "" without a price.
std::string price(const PriceBook& book, std::string_view provider, std::string_view model) {
  const auto cost = book.cost(provider, model, kMillion);
  return cost ? cost->total_usd() : std::string{};
}

std::string entry(std::string_view name, std::string_view usd_a_token) {
  return '"' + std::string{name} + R"(": {"input_cost_per_token": )" + std::string{usd_a_token} +
         R"(, "output_cost_per_token": 1e-6, "litellm_provider": "someone"})";
}

class WithFile {
 public:
  explicit WithFile(std::string_view entries) : path_(dir_.file("prices.json")) {
    std::ofstream{path_} << '{' << entries << '}';
    const auto report = book.load_file(path_);
    REQUIRE_MESSAGE(report.ok(), (report ? "" : report.error().message));
  }

 private:
  TempDir dir_;
  std::string path_;

 public:
  PriceBook book;
};

TEST_CASE("the built-in prices know about fifty models by their names and dates") {
  const PriceBook book;
  CHECK(price(book, "openai", "gpt-4.1") == "2");
  CHECK(price(book, "openai", "gpt-4.1-2025-04-14") == "2");
  CHECK(price(book, "", "openai/gpt-4.1") == "2");
  CHECK(price(book, "azure", "gpt-4.1") == "2");
  CHECK(price(book, "openrouter", "openrouter/openai/gpt-4.1-2025-04-14") == "2");
  CHECK(price(book, "anthropic", "claude-opus-4-5-20251101") == "5");
  CHECK(price(book, "vertex_ai", "claude-haiku-4-5@20251001") == "1");
  CHECK(price(book, "groq", "openai/gpt-oss-120b") == "0.15");
  CHECK(PriceBook::snapshot_date() == "2026-08-21");
}

TEST_CASE("a model that nobody knows has no cost") {
  const PriceBook book;
  for (const std::string_view model :
       {"", "gpt", "gpt-4.1-", "gpt-4.1-x", "GPT-4.1", "gpt-4.1/", "/", "gpt-4.1-2025-04-14-x"}) {
    INFO(model);
    CHECK_FALSE(book.cost("openai", model, kMillion));
    CHECK_FALSE(book.knows("openai", model));
    CHECK_FALSE(book.find("openai", model));
  }
  CHECK_FALSE(book.cost(std::string(1000, 'p'), std::string(100'000, '/'), kMillion));
}

TEST_CASE("a usage that makes no sense has no cost, though the model is known") {
  const PriceBook book;
  CHECK_FALSE(book.cost("", "gpt-4.1", {.input = 1, .cached_input = 2}));
  CHECK(book.knows("", "gpt-4.1"));
}

TEST_CASE("the program wins over the file, and the file over the built-in prices") {
  WithFile with{entry("gpt-4.1", "7e-6")};
  CHECK(price(with.book, "openai", "gpt-4.1") == "7");
  CHECK(price(with.book, "openai", "gpt-4o") == "2.5");
  CHECK_FALSE(with.book.override_price("gpt-4.1", usd(9)));
  CHECK(price(with.book, "openai", "gpt-4.1") == "9");
}

TEST_CASE("a layer above wins by any spelling over an exact name below") {
  WithFile with{entry("gpt-5-chat", "7e-6") + ", " + entry("gpt-4.1-2025-04-14", "3e-6")};
  CHECK(price(with.book, "", "openai/gpt-5-chat-2025-08-07") == "7");
  CHECK(price(with.book, "", "gpt-4.1-2025-04-14") == "3");
  CHECK_FALSE(with.book.override_price("gpt-4.1", usd(9)));
  CHECK(price(with.book, "", "gpt-4.1-2025-04-14") == "9");
}

TEST_CASE("the price of a provider comes before the model's, and only for that provider") {
  WithFile with{entry("m", "1e-6") + ", " + entry("azure/m", "2e-6")};
  CHECK(price(with.book, "azure", "m") == "2");
  CHECK(price(with.book, "", "azure/m") == "2");
  CHECK(price(with.book, "openai", "m") == "1");
  CHECK(price(with.book, "azure", "m-2025-01-01") == "2");
}

TEST_CASE("a name that stands only with its provider is not found without it") {
  WithFile with{entry("groq/m", "1e-6")};
  CHECK(price(with.book, "groq", "m") == "1");
  CHECK(price(with.book, "", "m").empty());
}

TEST_CASE("an exact date comes before the name without it") {
  WithFile with{entry("m", "1e-6") + ", " + entry("m-2024-05-13", "5e-6")};
  CHECK(price(with.book, "", "m-2024-05-13") == "5");
  CHECK(price(with.book, "", "m-2024-05-14") == "1");
}

TEST_CASE("a new file replaces the one before as a whole") {
  WithFile with{entry("first", "1e-6")};
  const TempDir dir;
  std::ofstream{dir.file("b.json")} << '{' << entry("second", "2e-6") << '}';
  REQUIRE(with.book.load_file(dir.file("b.json")).ok());
  CHECK_FALSE(with.book.knows("", "first"));
  CHECK(with.book.knows("", "second"));
}

TEST_CASE("a report says what a file held") {
  WithFile with{entry("a", "1e-6") + R"(, "image": {}, )" + entry("bad", "-1")};
  const auto report = with.book.file_report();
  CHECK(report.models == 1);
  CHECK(report.unpriced == 1);
  CHECK(report.refused == 1);
  REQUIRE(report.refusals.size() == 1);
  CHECK(report.refusals[0].model == "bad");
  CHECK(report.refusals[0].field == "input_cost_per_token");
  CHECK(PriceBook{}.file_report().models == 0);
}

TEST_CASE("find says which entry gave the price, and from where") {
  WithFile with{entry("azure/m", "2e-6")};
  const auto found = with.book.find("azure", "m-2025-01-01");
  REQUIRE(found);
  CHECK(found->name == "azure/m");
  CHECK(found->provider == "someone");
  CHECK(found->source == PriceSource::file);
  CHECK(found->price.prices.input_usd_per_mtok == 2.0);
  CHECK(with.book.find("", "gpt-4.1")->source == PriceSource::snapshot);
  CHECK_FALSE(with.book.override_price("m", usd(1)));
  CHECK(with.book.find("", "m")->source == PriceSource::program);
  CHECK(to_string(PriceSource::program) == "program");
  CHECK(to_string(PriceSource::file) == "file");
  CHECK(to_string(PriceSource::snapshot) == "snapshot");
}

TEST_CASE("a tier is shown whole") {
  const auto found = PriceBook{}.find("", "claude-sonnet-4-5");
  REQUIRE(found);
  REQUIRE(found->price.tiers.size() == 1);
  const auto& tier = found->price.tiers[0];
  CHECK(tier.above_input_tokens == 200'000);
  CHECK(tier.prices.input_usd_per_mtok == 6.0);
  CHECK(tier.prices.cache_creation_1h_usd_per_mtok == 12.0);
  CHECK_FALSE(tier.prices.reasoning_usd_per_mtok);
}

TEST_CASE("entries are what can be found, each name once, sorted") {
  WithFile with{entry("gpt-4.1", "7e-6") + ", " + entry("a", "1e-6")};
  CHECK_FALSE(with.book.override_price("a", usd(3)));
  const auto entries = with.book.entries();
  CHECK(entries.front().name == "a");
  CHECK(entries.front().source == PriceSource::program);
  const auto by_name = [](const PriceEntry& a, const PriceEntry& b) { return a.name < b.name; };
  CHECK(std::is_sorted(entries.begin(), entries.end(), by_name));
  CHECK(std::adjacent_find(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
          return a.name == b.name;
        }) == entries.end());
  for (const PriceEntry& each : entries) {
    INFO(each.name);
    const auto found = with.book.find("", each.name);
    REQUIRE(found);
    CHECK(found->source == each.source);
    CHECK(found->price == each.price);
  }
  CHECK(entries.size() > 50);
}

TEST_CASE("an override that makes no sense changes nothing and says why") {
  PriceBook book;
  for (const auto& error : {book.override_price("", usd(1)),
                            book.override_price(std::string(201, 'n'), usd(1)),
                            book.override_price("gpt-4.1", usd(-1)),
                            book.override_price("gpt-4.1", usd(1e9))}) {
    REQUIRE(error);
    CHECK(error->message.find("expected") != std::string::npos);
  }
  CHECK(price(book, "", "gpt-4.1") == "2");
}

TEST_CASE("overrides have a cap, and those that are set can still change") {
  PriceBook book;
  for (std::size_t i = 0; i < PriceBook::kMaxOverrides; ++i)
    REQUIRE_FALSE(book.override_price("m" + std::to_string(i), usd(1)));
  CHECK(book.override_price("one more", usd(1)));
  CHECK_FALSE(book.knows("", "one more"));
  REQUIRE_FALSE(book.override_price("m999", usd(2)));
  CHECK(price(book, "", "m999") == "2");
}

TEST_CASE("a book that moves takes its prices along, and the one left knows none") {
  PriceBook book;
  REQUIRE_FALSE(book.override_price("m", usd(3)));
  PriceBook moved{std::move(book)};
  CHECK(price(moved, "", "m") == "3");
  CHECK_FALSE(book.cost("", "m", kMillion));  // NOLINT(bugprone-use-after-move)
  book = std::move(moved);
  CHECK(price(book, "", "m") == "3");
}

TEST_CASE("asking for a cost allocates nothing, be the model known or not") {
  PAWL_SKIP_UNDER_SANITIZER();
  const PriceBook book;
  const AllocCounter counter;
  std::uint64_t sum = 0;
  for (const std::string_view model :
       {"gpt-4.1", "openai/gpt-4.1-2025-04-14", "unknown-2025-04-14"})
    if (const auto cost = book.cost("openai", model, kMillion)) sum += cost->total_picodollars();
  CHECK(counter.allocations() == 0);
  CHECK(sum == 4'000'000'000'000);
}

TEST_CASE("a failed allocation is an error or an empty book, and never leaves a half change") {
  PAWL_SKIP_UNDER_SANITIZER();
  WithFile with{entry("m", "1e-6")};
  const TempDir dir;
  const std::string path = dir.file("b.json");
  std::ofstream{path} << '{' << entry("m", "2e-6") << '}';
  std::size_t failures = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    bool loaded = false;
    bool happened = false;
    {
      const FailingAlloc failing{nth};
      loaded = with.book.load_file(path).ok();
      happened = failing.happened();
    }
    CHECK(price(with.book, "", "m") == (loaded ? "2" : "1"));
    if (!happened) break;
    ++failures;
    if (loaded) REQUIRE_FALSE(with.book.override_price("unused", usd(1)));
  }
  CHECK(failures > 10);
  const FailingAlloc failing{1};
  CHECK_FALSE(PriceBook{}.cost("", "gpt-4.1", kMillion));
}

TEST_CASE("a child of fork has the prices and may change its own") {
  PriceBook book;
  REQUIRE_FALSE(book.override_price("m", usd(3)));
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const bool same = price(book, "", "m") == "3";
    const bool changed = !book.override_price("m", usd(4)) && price(book, "", "m") == "4";
    _exit(same && changed ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(price(book, "", "m") == "3");
}

}  // namespace
