#pragma once

// What a request to a language model cost, by list price. A book holds three layers: prices that
// the program sets, a file in the format of LiteLLM's model_prices_and_context_window.json, and the
// built-in snapshot of about fifty models. The first layer that knows the model answers; a model
// that none knows has no cost, never 0 and never a guess. All arithmetic is in whole picodollars,
// so a cost is exact.
//
// How a name is found, in each layer: as `provider/model`, as `model`, then without what stands
// before each `/` ("azure/gpt-4.1" is "gpt-4.1"); then all of it again without a date at the end
// ("gpt-4.1-2025-04-14", "claude-sonnet-4-5@20250929", "-09-2025"). Names are case-sensitive.
//
// Threads: const members from any thread, at the same time as any other member. Changes may come
//   from several threads; each becomes visible as a whole. A child of fork() has the parent's
//   prices, and may change them.
// Cost: of cost(), see there; a change copies one layer, and waits for no reader.
// Errors: a bad file or price is refused with an Error that names it, and nothing has changed then.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/detail/export.h"
#include "pawl/result.h"

namespace pawl::llm {

// Tokens of one request. Parts are included in what they are part of, as providers report them
// under the OpenTelemetry convention: input holds cached_input and cache_creation, output holds
// reasoning.
struct Usage {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t cached_input = 0;       // read from the provider's prompt cache
  std::uint64_t cache_creation = 0;     // written to it
  std::uint64_t reasoning = 0;          // output that is not shown
  std::uint64_t cache_creation_1h = 0;  // the part of cache_creation that is kept for an hour

  // Tells whether no part is larger than what it is part of.
  constexpr bool consistent() const noexcept {
    return cached_input <= input && cache_creation <= input - cached_input &&
           cache_creation_1h <= cache_creation && reasoning <= output;
  }
  friend constexpr bool operator==(const Usage&, const Usage&) noexcept = default;
};

// The cost of one request, exact. A picodollar is a millionth of a millionth of a US dollar.
class Cost {
 public:
  // Gives nullopt when the sum does not fit 64 bits (18 million dollars).
  static constexpr std::optional<Cost> from_picodollars(std::uint64_t input,
                                                        std::uint64_t output) noexcept {
    if (input > UINT64_MAX - output) return std::nullopt;
    return Cost{input, output};
  }

  constexpr std::uint64_t input_picodollars() const noexcept { return input_; }
  constexpr std::uint64_t output_picodollars() const noexcept { return output_; }
  constexpr std::uint64_t total_picodollars() const noexcept { return input_ + output_; }

  // Gives the total as the double nearest to it; for metrics.
  constexpr double usd() const noexcept { return static_cast<double>(total_picodollars()) / 1e12; }

  // Give exact decimals without exponent or trailing zeros: "0.0102", "1.222506", "0".
  PAWL_API std::string input_usd() const;
  PAWL_API std::string output_usd() const;
  PAWL_API std::string total_usd() const;

  friend constexpr bool operator==(const Cost&, const Cost&) noexcept = default;

 private:
  constexpr Cost(std::uint64_t input, std::uint64_t output) noexcept
      : input_(input), output_(output) {}

  std::uint64_t input_;
  std::uint64_t output_;
};

// Prices in US dollars for a million tokens, 0 to 1,000,000; they are rounded to picodollars a
// token, which is six decimals. What is not set is billed as said behind it.
struct TokenPrices {
  double input_usd_per_mtok = 0;
  double output_usd_per_mtok = 0;
  std::optional<double> cached_input_usd_per_mtok = {};       // as input
  std::optional<double> cache_creation_usd_per_mtok = {};     // as input
  std::optional<double> cache_creation_1h_usd_per_mtok = {};  // as cache_creation
  std::optional<double> reasoning_usd_per_mtok = {};          // as output
  friend bool operator==(const TokenPrices&, const TokenPrices&) = default;
};

// The prices of a whole request once its input exceeds so many tokens; one token above is enough.
struct PriceTier {
  std::uint64_t above_input_tokens = 0;
  TokenPrices prices = {};
  friend bool operator==(const PriceTier&, const PriceTier&) = default;
};

// Of several tiers the highest that the input exceeds counts, as a whole: what is not set in it is
// billed as said above, not as below it. At most 8.
struct ModelPrice {
  TokenPrices prices = {};
  std::vector<PriceTier> tiers = {};
  friend bool operator==(const ModelPrice&, const ModelPrice&) = default;
};

// Which layer a price came from.
enum class PriceSource : std::uint8_t { program, file, snapshot };
PAWL_API std::string_view to_string(PriceSource source) noexcept;

// A model of the book: the name under which it stands there, and who provides it ("" if not said).
struct PriceEntry {
  std::string name;
  std::string provider;
  PriceSource source = PriceSource::snapshot;
  ModelPrice price;
};

// A model of the file whose prices are not used, and why. `field` is empty when the model itself
// was refused (its name, a second one of that name).
struct RefusedPrice {
  std::string model;
  std::string field;
  std::string reason;
};

// What a price file held.
struct PriceFileReport {
  std::size_t models = 0;  // in use
  std::size_t unpriced =
      0;  // without input and output prices by the token: images, seconds of audio
  std::size_t refused = 0;             // refused for a price that makes no sense, or as duplicates
  std::vector<RefusedPrice> refusals;  // the first 100 of them
};

class PAWL_API PriceBook {
 public:
  static constexpr std::size_t kMaxFileBytes = std::size_t{8} << 20;
  static constexpr std::size_t kMaxFileDepth = 32;
  static constexpr std::size_t kMaxNameBytes = 200;  // of a model in a file or an override
  static constexpr std::size_t kMaxOverrides = 1'000;

  // Makes a book with the built-in snapshot. Without memory it is empty, and knows no price.
  PriceBook() noexcept;
  ~PriceBook();
  // A book that was moved from may only be assigned to or destroyed. Not while others use it.
  PriceBook(PriceBook&&) noexcept;
  PriceBook& operator=(PriceBook&&) noexcept;

  // Gives the day of the built-in snapshot, "2026-08-21".
  static std::string_view snapshot_date() noexcept;

  // Reads a price file, in place of the one read before. Models named `sample_spec` and fields that
  // are no price by the token are skipped; a model with a price that is negative, above 1 dollar a
  // token, or no number (NaN, text, true) is refused, the others are not.
  // Errors: not a regular file, unreadable, over 8 MiB, deeper than 32 levels, not JSON, torn, or
  //   without any model that has a price. The prices read before stay in use.
  Result<PriceFileReport> load_file(std::string_view path) noexcept;

  // Reads the file again when it is not the one read last, told by inode, size and times; tells
  // whether it was read. A bad file is one Error and is not tried again until it changes; one that
  // cannot be read is one Error and is tried each time. To be called now and then; REQUIRES
  // nothing: without a file it does nothing. Cost: a stat() while the file is the same.
  Result<bool> reload_if_changed() noexcept;

  // Gives what the file in use held; all 0 without one.
  PriceFileReport file_report() const;

  // Sets the price of a model, or of one provider's ("azure/gpt-4.1"), above file and snapshot.
  // Gives what was wrong with it, and then changes nothing.
  std::optional<Error> override_price(std::string_view model, const ModelPrice& price) noexcept;

  // Gives what the request cost. nullopt: nobody knows the price, the usage is not consistent(), or
  // the cost does not fit 64 bits. `provider` may be empty.
  // Cost: 35 to 110 ns by the number of spellings tried, up to 260 with a file and overrides; no
  //   allocation, lock or system call.
  std::optional<Cost> cost(std::string_view provider,
                           std::string_view model,
                           const Usage& usage) const noexcept;

  // Tells whether the model has a price; costs the same.
  bool knows(std::string_view provider, std::string_view model) const noexcept;

  // Gives the entry that cost() uses.
  std::optional<PriceEntry> find(std::string_view provider, std::string_view model) const;

  // Gives all that cost() may use, by name; an entry that a higher layer hides is left out.
  std::vector<PriceEntry> entries() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pawl::llm
