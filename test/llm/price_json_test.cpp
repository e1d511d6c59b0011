#include "llm/price_json.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "support/comma_locale.h"
#include "support/seed.h"

namespace {

using pawl::Result;
using pawl::llm::cost_of;
using pawl::llm::kUnset;
using pawl::llm::parse_prices;
using pawl::llm::ParsedPrices;
using pawl::llm::Price;
using pawl::llm::RefusedPrice;
using pawl::llm::Usage;
using pawl::test::Random;

constexpr std::string_view kGood =
    R"("good": {"input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06})";

ParsedPrices parsed(std::string text) {
  const auto prices = parse_prices(std::move(text));
  REQUIRE_MESSAGE(prices.ok(), (prices ? "" : prices.error().message));
  return *prices;
}

std::string error_of(std::string text) {
  const auto prices = parse_prices(std::move(text));
  REQUIRE_FALSE(prices);
  return prices.error().message;
}

// A file with the one good model and others.
std::string file_with(std::string_view models) {
  return "{" + std::string{models} + ", " + std::string{kGood} + "}";
}

// The file's one model of this name.
const Price& price_of(const ParsedPrices& prices, std::string_view name) {
  const auto* entry = prices.layer.at(name);
  REQUIRE(entry != nullptr);
  return entry->second.price;
}

std::string nested(std::size_t levels) {
  std::string text = R"({"good": {"input_cost_per_token": 0, "output_cost_per_token": 0, "deep": )";
  for (std::size_t i = 2; i < levels; ++i) text += i % 2 == 0 ? "[" : R"({"a":)";
  text += "1";
  for (std::size_t i = levels; i-- > 2;) text += i % 2 == 0 ? "]" : "}";
  return text + "}}";
}

TEST_CASE("each field that is a price by the token is read") {
  const ParsedPrices prices = parsed(R"({"m": {
    "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
    "cache_read_input_token_cost": 3e-6, "cache_creation_input_token_cost": 4e-6,
    "cache_creation_input_token_cost_above_1hr": 5e-6, "output_cost_per_reasoning_token": 6e-6,
    "litellm_provider": "someone"}})");
  const auto rates = price_of(prices, "m").base;
  CHECK(rates.input == 1'000'000);
  CHECK(rates.output == 2'000'000);
  CHECK(rates.cached_input == 3'000'000);
  CHECK(rates.cache_creation == 4'000'000);
  CHECK(rates.cache_creation_1h == 5'000'000);
  CHECK(rates.reasoning == 6'000'000);
  CHECK(prices.layer.at("m")->second.provider == "someone");
  CHECK(prices.report.models == 1);
}

TEST_CASE("tiers are read from the names of fields, in any order") {
  const ParsedPrices prices = parsed(R"({"m": {
    "output_cost_per_token_above_272k_tokens": 9e-6, "input_cost_per_token_above_128k_tokens": 3e-6,
    "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 7e-6,
    "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}})");
  const Price& price = price_of(prices, "m");
  REQUIRE(price.tier_count == 3);
  CHECK(price.rates_for(128'000).input == 1'000'000);
  CHECK(price.rates_for(128'001).input == 3'000'000);
  CHECK(price.rates_for(128'001).cache_creation_1h == 3'000'000);
  CHECK(price.rates_for(200'001).cache_creation_1h == 7'000'000);
  CHECK(price.rates_for(272'001).output == 9'000'000);
}

TEST_CASE("the published entry of a model with tiers gives the known cost") {
  const ParsedPrices prices = parsed(R"({"gpt-5.4": {"cache_read_input_token_cost": 2.5e-07,
    "cache_read_input_token_cost_above_272k_tokens": 5e-07,
    "cache_read_input_token_cost_priority": 5e-07, "input_cost_per_token": 2.5e-06,
    "input_cost_per_token_above_272k_tokens": 5e-06, "input_cost_per_token_batches": 1.25e-06,
    "litellm_provider": "openai", "max_input_tokens": 1050000, "mode": "chat",
    "output_cost_per_token": 1.5e-05, "output_cost_per_token_above_272k_tokens": 2.25e-05,
    "supported_endpoints": ["/v1/chat/completions"], "supports_vision": true}})");
  const Usage usage{.input = 272'001, .output = 100, .cached_input = 100'000};
  CHECK(cost_of(price_of(prices, "gpt-5.4"), usage)->total_usd() == "0.912255");
}

TEST_CASE("sample_spec and fields that are no price by the token are skipped without a word") {
  const ParsedPrices prices = parsed(R"({
    "sample_spec": {"input_cost_per_token": "a number", "output_cost_per_token": -1},
    "m": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6,
      "input_cost_per_token_batches": -1, "input_cost_per_token_above_200k_tokens_priority": "x",
      "input_cost_per_token_above_k_tokens": -1, "input_cost_per_tokens": true,
      "max_tokens": "8192", "x": {"input_cost_per_token": -1}, "y": [{"output_cost_per_token": -1}],
      "cache_read_input_token_cost": null}})");
  CHECK(prices.report.models == 1);
  CHECK(prices.report.refused == 0);
  CHECK(price_of(prices, "m").base.cached_input == kUnset);
  CHECK(price_of(prices, "m").tier_count == 0);
}

TEST_CASE("sample_spec of any other kind is skipped as well") {
  CHECK(parsed(file_with(R"("sample_spec": [1])")).report.refused == 0);
  CHECK(parsed(file_with(R"("sample_spec": null)")).report.refused == 0);
}

TEST_CASE("a model that is not priced by the token is counted, and has no price") {
  const ParsedPrices prices = parsed(file_with(
      R"("image": {"output_cost_per_image": 0.04}, "half": {"input_cost_per_token": 1e-6})"));
  CHECK(prices.report.unpriced == 2);
  CHECK(prices.report.refused == 0);
  CHECK(prices.layer.at("half") == nullptr);
}

TEST_CASE("a price of 0 is a price") {
  const ParsedPrices prices =
      parsed(R"({"free": {"input_cost_per_token": 0.0, "output_cost_per_token": 0}})");
  CHECK(cost_of(price_of(prices, "free"), {.input = 5})->total_picodollars() == 0);
}

TEST_CASE("prices that make no sense are refused one by one, and said") {
  const struct {
    std::string_view price;
    std::string_view reason;
  } cases[] = {
      {"-1e-06", "negative"},
      {"-1", "negative"},
      {"2.5", "more than 1 dollar a token"},
      {"2", "more than 1 dollar a token"},
      {"18446744073709551615", "more than 1 dollar a token"},
      {"1e-13", "less than half a picodollar a token"},
      {"NaN", "no number"},
      {"Infinity", "no number"},
      {"-Infinity", "no number"},
      {R"("2e-06")", "no number"},
      {"true", "no number"},
      {"[2e-06]", "no number"},
      {R"({"usd": 2e-06})", "no number"},
  };
  for (const auto& each : cases) {
    for (const std::string field : {"output_cost_per_token",
                                    "cache_read_input_token_cost",
                                    "input_cost_per_token_above_200k_tokens"}) {
      INFO(each.price, " ", field);
      const ParsedPrices prices = parsed(file_with(R"("bad": {"input_cost_per_token": 1e-6, ")" +
                                                   field + "\": " + std::string{each.price} +
                                                   R"(, "output_cost_per_token": 1e-6})"));
      CHECK(prices.layer.at("bad") == nullptr);
      CHECK(prices.layer.at("good") != nullptr);
      CHECK(prices.report.models == 1);
      CHECK(prices.report.refused == 1);
      REQUIRE_FALSE(prices.report.refusals.empty());
      CHECK(prices.report.refusals[0].model == "bad");
      CHECK(prices.report.refusals[0].field == field);
      CHECK(prices.report.refusals[0].reason == each.reason);
    }
  }
}

TEST_CASE("a second model of one name is refused, and the first is used") {
  const ParsedPrices prices = parsed(
      file_with(R"("good": {"input_cost_per_token": 7e-06, "output_cost_per_token": 8e-06})"));
  CHECK(price_of(prices, "good").base.input == 7'000'000);
  CHECK(prices.report.refused == 1);
  CHECK(prices.report.refusals[0].model == "good");
  CHECK(prices.report.refusals[0].field.empty());
}

TEST_CASE("a model with one price twice is refused") {
  const ParsedPrices prices = parsed(file_with(
      R"("m": {"input_cost_per_token": 1, "output_cost_per_token": 1, "input_cost_per_token": 0})"));
  CHECK(prices.layer.at("m") == nullptr);
  CHECK(prices.report.refused == 1);
}

TEST_CASE("a model of nine tiers is refused") {
  std::string model = R"("m": {"input_cost_per_token": 1, "output_cost_per_token": 1)";
  for (int i = 1; i <= 9; ++i)
    model += ", \"input_cost_per_token_above_" + std::to_string(i) + "k_tokens\": 1";
  const ParsedPrices prices = parsed(file_with(model + "}"));
  CHECK(prices.layer.at("m") == nullptr);
  REQUIRE(prices.report.refused == 1);
  CHECK(prices.report.refusals[0].reason == "more than 8 tiers");
}

TEST_CASE("what stands in a model's place without being one is refused") {
  for (const std::string_view value :
       {"1", "-1.5", "\"text\"", "true", "null", "[-1]", R"([{"input_cost_per_token": -1}])"}) {
    INFO(value);
    const ParsedPrices prices = parsed(
        std::string{R"({"input_cost_per_token": )"}.append(value).append(", ").append(kGood) + "}");
    CHECK(prices.report.models == 1);
    CHECK(prices.report.refused == 1);
    REQUIRE(prices.report.refusals.size() == 1);
    CHECK(prices.report.refusals[0].reason == "no object");
  }
}

TEST_CASE("a list in a model's place does not touch the model before it") {
  const ParsedPrices prices = parsed("{" + std::string{kGood} + R"(, "list": [true, "x", -1]})");
  CHECK(prices.report.models == 1);
  CHECK(prices.report.refused == 1);
}

TEST_CASE("names that are empty or longer than 200 bytes are refused, and shown in short") {
  const std::string fields = R"(": {"input_cost_per_token": 1, "output_cost_per_token": 1})";
  const ParsedPrices prices =
      parsed(file_with("\"" + fields + ", \"" + std::string(201, 'n') + fields));
  CHECK(prices.report.models == 1);
  CHECK(prices.report.refused == 2);
  CHECK(prices.report.refusals[1].model == std::string(200, 'n') + "...");
  CHECK(parsed("{\"" + std::string(200, 'n') + fields + "}").report.models == 1);
}

TEST_CASE("of many refusals all are counted and the first 100 are listed") {
  std::string models = R"("x": 1)";
  for (int i = 0; i < 999; ++i) models += R"(, "x": 1)";
  const ParsedPrices prices = parsed(file_with(models));
  CHECK(prices.report.refused == 1000);
  CHECK(prices.report.refusals.size() == 100);
}

TEST_CASE("words in texts are not mistaken for numbers that are none") {
  const ParsedPrices prices = parsed(R"({"a \" NaN \\": {"input_cost_per_token": 1,
    "output_cost_per_token": 1, "comment": "NaN -Infinity \\\" NaN"}})");
  CHECK(prices.layer.at("a \" NaN \\") != nullptr);
}

TEST_CASE("a file that is no file of prices is one clear error") {
  CHECK(error_of("") == "is empty; expected a JSON object of models");
  CHECK(error_of("[]") == "not an object; expected one with a member for each model");
  CHECK(error_of("null") == "not an object; expected one with a member for each model");
  CHECK(error_of("3") == "not an object; expected one with a member for each model");
  CHECK(error_of("{}") == "no model in it has a price by the token");
  CHECK(error_of(R"({"a": {"input_cost_per_token": -1}})") ==
        "no model in it has a price by the token");
}

TEST_CASE("a file torn at any byte is an error with line and column") {
  const std::string text = "{" + std::string{kGood} + "}";
  for (std::size_t size = 1; size < text.size(); ++size) {
    const std::string message = error_of(text.substr(0, size));
    INFO(size, ": ", message);
    CHECK(message.starts_with("line 1, column "));
  }
  CHECK(error_of("{\n \"a\": {,").starts_with("line 2, column 8: "));
}

TEST_CASE("text after the end, comments and bytes that are not UTF-8 are errors") {
  const std::string text = "{" + std::string{kGood} + "}";
  for (const std::string& bad : {text + "{}",
                                 text + "x",
                                 "// prices\n" + text,
                                 "{\"\xFF\": 1, " + std::string{kGood} + "}",
                                 "{\"\xC0\x80\": 1, " + std::string{kGood} + "}",
                                 std::string{"\0", 1} + text}) {
    CHECK_FALSE(error_of(bad).empty());
  }
}

TEST_CASE("an error stays short whatever the file holds") {
  CHECK(error_of("{\"" + std::string(100'000, 'x')).size() < 300);
}

TEST_CASE("32 levels are read, and one more is an error") {
  CHECK(parsed(nested(32)).report.models == 1);
  CHECK(error_of(nested(33)) == "nested deeper than 32 levels; expected models with their fields");
  CHECK(error_of(std::string(1'000'000, '[')).starts_with("not an object"));
  CHECK(error_of(R"({"a":)" + std::string(1'000'000, '[')).starts_with("nested deeper"));
}

TEST_CASE("prices are read alike under a locale with a decimal comma") {
  const pawl::test::CommaLocale commas;
  const ParsedPrices prices =
      parsed(R"({"m": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 0.00000125}})");
  CHECK(price_of(prices, "m").base.input == 2'500'000);
  CHECK(price_of(prices, "m").base.output == 1'250'000);
}

TEST_CASE("no change of bytes makes the parser do more than refuse") {
  PAWL_PRINT_SEED();
  Random random;
  const std::string text = file_with(
      R"("a": {"input_cost_per_token": -1e-6, "x": [1, {"y": null}]}, "b": {"mode": "chat"})");
  std::size_t refused = 0;
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = text;
    for (std::size_t n = 1 + random.below(3); n > 0; --n)
      changed[random.below(changed.size())] =
          random.chance(0.5) ? "{}[]\",:-NI0e. "[random.below(14)] : random.bytes(1)[0];
    const auto prices = parse_prices(changed);
    ++(prices ? read : refused);
    if (!prices) REQUIRE(prices.error().message.size() < 300);
  }
  CHECK(refused > 1000);
  CHECK(read > 1000);
}

TEST_CASE("a number beyond a double refuses its model, and nothing where it is no price") {
  const std::string digits = "1" + std::string(400, '0');
  for (const std::string& number : {std::string{"1e999"}, std::string{"-1E+999"}, digits}) {
    const ParsedPrices prices =
        parsed(file_with(R"("a": {"input_cost_per_token": )" + number +
                         R"(, "output_cost_per_token": 0}, "b": {"max_tokens": )" + number +
                         R"(, "input_cost_per_token": 1e-6, "output_cost_per_token": 0})"));
    CHECK(prices.report.models == 2);
    CHECK(prices.report.refused == 1);
    REQUIRE(prices.report.refusals.size() == 1);
    CHECK(prices.report.refusals[0].model == "a");
    CHECK(prices.report.refusals[0].field == "input_cost_per_token");
    CHECK(prices.report.refusals[0].reason == "no number");
    CHECK(price_of(prices, "b").base.input == 1'000'000);
  }
  const std::string tiny = "0." + std::string(400, '0') + "1";
  for (const std::string& number : {std::string{"1e-999"}, tiny}) {
    const ParsedPrices prices = parsed(file_with(R"("a": {"input_cost_per_token": )" + number +
                                                 R"(, "output_cost_per_token": 0})"));
    CHECK(prices.report.refusals.at(0).reason == "less than half a picodollar a token");
  }
}

TEST_CASE("numbers in texts and names stay as they are") {
  CHECK(parsed(R"({"m 1e999": {"input_cost_per_token": 0, "output_cost_per_token": 0}})")
            .layer.at("m 1e999") != nullptr);
}

TEST_CASE("a byte order mark is no part of the text, and shifts no column") {
  const std::string mark = "\xef\xbb\xbf";
  CHECK(parsed(mark + file_with(R"("a": {})")).report.models == 1);
  CHECK(error_of(mark + "{]").starts_with("line 1, column 2: "));
  CHECK(error_of(mark) == error_of(""));
}

TEST_CASE("a NUL byte does not end the text: it is an error, and has a place") {
  const std::string good = file_with(R"("a": {})");
  CHECK(error_of(good + std::string{'\0'} + "and more").starts_with("line 1, column "));
  CHECK(error_of("{\n " + std::string{'\0'} + "}") ==
        "line 2, column 2: a NUL byte; expected JSON");
}

}  // namespace
