#include "tools/price.h"

#include <limits>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <pawl/price_book.h>

#include "tools/output.h"
#include "tools/price_report.h"

namespace pawl::tools {
namespace {

using llm::PriceBook;
using std::string_view;

constexpr const char* kExplanation =
    R"TXT(Reckons with whole picodollars, so every decimal is exact. A name is looked for with its provider,
alone, without what stands before a "/", and without a date at its end: gpt-4.1-2025-04-14 is
gpt-4.1. A model without a price is no zero: exit 1.

Examples:
  pawl price gpt-4.1 --input-tokens 1840 --output-tokens 312 --cached 512
  pawl price claude-sonnet-4-5 --input-tokens 200001 --output-tokens 1000 --json
  pawl price azure/gpt-4o --input-tokens 1000 --output-tokens 50 --file model_prices.json
  pawl price --list
)TXT";

struct Written {  // as on the command line
  std::string model;
  std::string provider;
  std::string file;
  std::string input;
  std::string output;
  std::string cached = "0";
  std::string cache_creation = "0";
  std::string cache_creation_1h = "0";
  std::string reasoning = "0";
  bool json = false;
  bool list = false;
};

int refuse(const std::string& message, ExitCode code) {
  return complain("price: " + message, code);
}

int written_out(Output& output) {
  return output.flush() ? exit_ok : complain("standard output cannot be written", exit_failed);
}

std::optional<Error> read_tokens(string_view option,
                                 const std::string& text,
                                 std::uint64_t& tokens) {
  if (text.empty()) return Error{std::string{option} + " is missing"};
  const auto number = parse_whole(text, 0, std::numeric_limits<std::int64_t>::max());
  if (!number) return Error{std::string{option} + ": " + number.error().message};
  tokens = static_cast<std::uint64_t>(*number);
  return std::nullopt;
}

Result<llm::Usage> read_usage(const Written& written) {
  llm::Usage usage;
  for (const auto& error :
       {read_tokens("--input-tokens", written.input, usage.input),
        read_tokens("--output-tokens", written.output, usage.output),
        read_tokens("--cached", written.cached, usage.cached_input),
        read_tokens("--cache-creation", written.cache_creation, usage.cache_creation),
        read_tokens("--cache-creation-1h", written.cache_creation_1h, usage.cache_creation_1h),
        read_tokens("--reasoning", written.reasoning, usage.reasoning)}) {
    if (error) return *error;
  }
  if (usage.reasoning > usage.output)
    return Error{"--reasoning: more than --output-tokens, which include them"};
  if (usage.cache_creation_1h > usage.cache_creation)
    return Error{"--cache-creation-1h: more than --cache-creation, which includes them"};
  if (!usage.consistent())
    return Error{"--cached and --cache-creation: more than --input-tokens, which include them"};
  return usage;
}

// What was refused in the file, in one line.
void warn_of_refusals(const std::string& file, const llm::PriceFileReport& report) {
  if (report.refused == 0 || report.refusals.empty()) return;
  const llm::RefusedPrice& first = report.refusals.front();
  refuse(fmt::format("{}: {} of its models are refused, the first: {}: {}{}{}",
                     file,
                     report.refused,
                     first.model,
                     first.field,
                     first.field.empty() ? "" : ": ",
                     first.reason),
         exit_ok);
}

int show_list(const PriceBook& book, const Written& written) {
  Output output;
  const auto entries = book.entries();
  if (written.json) {
    for (const llm::PriceEntry& entry : entries) output.line(price_list_json(entry));
  } else {
    for (const std::string& line : price_list_lines(entries, written.file)) output.line(line);
  }
  return written_out(output);
}

int show_cost(const PriceBook& book, const Written& written, const llm::Usage& usage) {
  const auto entry = book.find(written.provider, written.model);
  if (!entry)
    return refuse(fmt::format("\"{}\" has no price; pawl price --list shows those that have one",
                              printable(written.model)),
                  exit_failed);
  const auto cost = book.cost(written.provider, written.model, usage);
  if (!cost) return refuse("so many tokens cost more than 18 million dollars", exit_failed);
  const PricedRequest request{written.model, usage, *cost, *entry, written.file};
  Output output;
  if (written.json) {
    output.line(price_json(request));
  } else {
    for (const std::string& line : price_lines(request)) output.line(line);
  }
  return written_out(output);
}

// All arguments are read before a file is.
int price(const Written& written) {
  std::optional<llm::Usage> usage;
  if (written.list) {
    if (!written.model.empty()) return refuse("--list goes without MODEL", exit_usage);
  } else {
    if (written.model.empty()) return refuse("MODEL is missing, or --list", exit_usage);
    const auto read = read_usage(written);
    if (!read) return refuse(read.error().message, exit_usage);
    usage = *read;
  }
  PriceBook book;
  if (!written.file.empty()) {
    const auto report = book.load_file(written.file);
    if (!report) return refuse("--file: " + report.error().message, exit_failed);
    warn_of_refusals(written.file, *report);
  }
  return usage ? show_cost(book, written, *usage) : show_list(book, written);
}

}  // namespace

void add_price(CLI::App& app, Run& run) {
  const auto written = std::make_shared<Written>();
  CLI::App* verb = app.add_subcommand("price", "Say what a request to a language model costs");
  verb->add_option("MODEL", written->model, "As the provider names it; provider/name too");
  const auto tokens = [verb](const char* name, std::string& text, const char* about) {
    verb->add_option(name, text, about)->type_name("N");
  };
  tokens("--input-tokens", written->input, "Tokens read, the cached ones included");
  tokens("--output-tokens", written->output, "Tokens written, the reasoning included");
  tokens("--cached", written->cached, "Of the input: read from the prompt cache");
  tokens("--cache-creation", written->cache_creation, "Of the input: written to the prompt cache");
  tokens("--cache-creation-1h", written->cache_creation_1h, "Of the cache creation: for an hour");
  tokens("--reasoning", written->reasoning, "Of the output: reasoning");
  verb->add_option("--provider", written->provider, "Who serves the model, where prices differ")
      ->type_name("NAME");
  verb->add_option("--file", written->file, "Prices in LiteLLM's format, above the built-in ones")
      ->type_name("FILE")
      ->check([](const std::string& text) { return std::string{text.empty() ? "is empty" : ""}; });
  verb->add_flag("--json", written->json, "One JSON object a line; costs are exact, as text");
  verb->add_flag("--list", written->list, "Show all prices instead");
  verb->footer(kExplanation);
  verb->callback([written, &run] { run = [written] { return price(*written); }; });
}

}  // namespace pawl::tools
