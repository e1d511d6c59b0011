#include "tools/llm_options.h"

#include <array>
#include <cstdlib>
#include <utility>

#include <CLI/CLI.hpp>

#include "tools/llm_tags.h"
#include "tools/span_sending.h"

namespace pawl::tools {
namespace {

using std::string_view;

constexpr std::int64_t kMostTokens = 1'000'000'000'000;
constexpr std::int64_t kMostRetries = 1'000'000;

Error wrong(string_view option, string_view text, string_view expected) {
  return Error{std::string{option} + ": \"" + printable(text, 100) + "\" is not " +
               std::string{expected}};
}

// Each of these reads one option into its place; what was not said stays as it is.
std::optional<Error> read_whole(string_view option,
                                const std::string& text,
                                std::int64_t most,
                                std::uint64_t& number) {
  const auto read = parse_whole(text, 0, most);
  if (!read) return about(option, read.error());
  number = static_cast<std::uint64_t>(*read);
  return std::nullopt;
}

std::optional<Error> read_number(string_view option,
                                 const std::string& text,
                                 std::optional<double>& number) {
  if (text.empty()) return std::nullopt;
  const auto read = parse_number(text);
  if (!read) return about(option, read.error());
  number = *read;
  return std::nullopt;
}

std::optional<Error> read_milliseconds(string_view option,
                                       const std::string& text,
                                       std::optional<llm::Milliseconds>& time) {
  std::optional<double> number;
  if (auto error = read_number(option, text, number)) return error;
  if (number && *number < 0) {
    return wrong(option, text, "a duration in milliseconds: it is negative");
  }
  if (number) time = llm::Milliseconds{*number};
  return std::nullopt;
}

// A request that was not billed has no usage; half of one is a mistake.
std::optional<Error> read_usage(const LlmWritten& written, std::optional<llm::Usage>& usage) {
  llm::Usage read;
  const std::array<std::pair<string_view, std::pair<const std::string&, std::uint64_t&>>, 5> parts{{
      {"--input-tokens", {written.input_tokens, read.input}},
      {"--output-tokens", {written.output_tokens, read.output}},
      {"--cached", {written.cached, read.cached_input}},
      {"--cache-creation", {written.cache_creation, read.cache_creation}},
      {"--reasoning", {written.reasoning, read.reasoning}},
  }};
  bool told = false;
  for (const auto& [option, part] : parts)
    told = told || (part.first != "0" && !part.first.empty());
  if (!told && written.input_tokens.empty() && written.output_tokens.empty()) return std::nullopt;
  for (const auto& [option, part] : parts) {
    if (part.first.empty())
      return Error{std::string{option} + " is missing: it is part of a usage"};
    if (auto error = read_whole(option, part.first, kMostTokens, part.second)) return error;
  }
  usage = read;
  return std::nullopt;
}

std::optional<Error> read_eval(const std::string& text, std::vector<Eval>& evals) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) return wrong("--eval", text, "NAME=SCORE");
  const auto score = parse_number(string_view{text}.substr(equals + 1));
  if (!score) return wrong("--eval", text, "NAME=SCORE: the score is a number");
  evals.push_back({text.substr(0, equals), *score});
  return std::nullopt;
}

std::optional<Error> read_failed_tool(const std::string& text, std::vector<FailedTool>& tools) {
  const auto equals = text.find('=');
  if (equals == 0 || text.empty()) return wrong("--tool-failed", text, "NAME or NAME=TYPE");
  const bool typed = equals != std::string::npos;
  tools.push_back({text.substr(0, equals), typed ? text.substr(equals + 1) : std::string{}});
  return std::nullopt;
}

std::optional<Error> read_steps(const LlmWritten& written, LlmPlan& plan) {
  for (const std::string& text : written.evals) {
    if (auto error = read_eval(text, plan.evals)) return error;
  }
  for (const std::string& text : written.failed_tools) {
    if (auto error = read_failed_tool(text, plan.failed_tools)) return error;
  }
  for (const std::string& name : written.tools) {
    if (name.empty()) return wrong("--tool", name, "a name");
  }
  return std::nullopt;
}

std::optional<Error> read_numbers(const LlmWritten& written, LlmPlan& plan) {
  std::optional<llm::Milliseconds> latency;
  std::uint64_t retries = 0;
  for (auto& error : {read_milliseconds("--latency-ms", written.latency, latency),
                      read_milliseconds("--first-token-ms", written.first_token, plan.first_token),
                      read_milliseconds("--queue-ms", written.queue, plan.queue),
                      read_number("--user-rating", written.user_rating, plan.user_rating),
                      read_whole("--retries", written.retries, kMostRetries, retries),
                      read_usage(written, plan.usage)}) {
    if (error) return error;
  }
  if (!latency) return Error{"--latency-ms is missing"};
  plan.latency = *latency;
  plan.retries = static_cast<std::uint32_t>(retries);
  return std::nullopt;
}

llm::Labels labels_of(const LlmWritten& written) {
  llm::Labels labels{.provider = written.provider,
                     .model = written.model,
                     .feature = written.feature,
                     .prompt_name = written.prompt_name,
                     .prompt_version = written.prompt_version,
                     .tenant_tier = written.tenant_tier,
                     .region = written.region,
                     .finish_reason = written.finish_reason};
  if (written.streaming) labels.streaming = true;
  return labels;
}

}  // namespace

std::string LlmPlan::service_tag(string_view key) const {
  for (const OwnedTag& tag : emit.options.global_tags) {
    if (tag.key == key) return tag.value;
  }
  std::string name = "DD_";
  for (const char c : key) name += static_cast<char>(c - 'a' + 'A');
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

Result<LlmPlan> make_llm_plan(const LlmWritten& written) {
  if (written.model.empty()) return Error{"--model is empty"};
  Result<EmitPlan> emit = make_emit_plan(written);
  if (!emit) return emit.error();
  LlmPlan plan;
  plan.emit = std::move(*emit);
  plan.emit.options.cardinality = plan.emit.call.cardinality;
  plan.labels = labels_of(written);
  plan.ids = {.request_id = written.request_id};
  if (auto error = read_numbers(written, plan)) return *error;
  if (auto error = read_steps(written, plan)) return *error;
  if (written.policy.empty()) plan.emit.options.tag_policy = TagPolicy::llm();
  if (auto error = settle_tags(plan)) return *error;
  return plan;
}

void add_llm_options(CLI::App& verb, LlmWritten& written) {
  const auto add = [&verb](
                       const char* name, std::string& text, const char* about, const char* type) {
    return verb.add_option(name, text, about)->type_name(type);
  };
  const auto add_list =
      [&verb](
          const char* name, std::vector<std::string>& texts, const char* about, const char* type) {
        verb.add_option(name, texts, about)->type_name(type)->allow_extra_args(false);
      };
  add("--model", written.model, "As the provider names it", "NAME")->required();
  add("--latency-ms", written.latency, "How long the whole request took, in milliseconds", "X")
      ->required();
  add("--provider", written.provider, "Who serves the model: openai, anthropic, ...", "NAME");
  add("--feature", written.feature, "Which part of the product asked", "NAME");
  add("--prompt-name", written.prompt_name, "Name of the prompt", "NAME");
  add("--prompt-version", written.prompt_version, "Version of the prompt", "V");
  add("--tenant-tier", written.tenant_tier, "Kind of customer: free, enterprise, ...", "NAME");
  add("--region", written.region, "Region it ran in", "NAME");
  add("--input-tokens", written.input_tokens, "Tokens read, the cached ones included", "N");
  add("--output-tokens", written.output_tokens, "Tokens written, the reasoning included", "N");
  add("--cached", written.cached, "Of the input: read from the prompt cache", "N");
  add("--cache-creation", written.cache_creation, "Of the input: written to the prompt cache", "N");
  add("--reasoning", written.reasoning, "Of the output: reasoning", "N");
  add("--first-token-ms",
      written.first_token,
      "When the first token came; implies --streaming",
      "X");
  add("--queue-ms", written.queue, "How long it waited before its prefill", "X");
  add("--retries", written.retries, "How often it was tried again", "N");
  verb.add_flag("--streaming", written.streaming, "The answer came token by token");
  add("--finish-reason", written.finish_reason, "Why it stopped: stop, length, ...", "WORD");
  add("--error-type",
      written.error_type,
      "How it failed: timeout, rate_limit, ...; empty: it did not",
      "WORD");
  verb.add_flag("--json-invalid", written.json_invalid, "Its structured output was malformed");
  add_list("--tool", written.tools, "Tool that was called and did well; no metric says so", "NAME");
  add_list("--tool-failed", written.failed_tools, "Tool that was called and failed", "NAME[=TYPE]");
  add_list("--eval", written.evals, "Score of an online eval", "NAME=SCORE");
  add("--user-rating", written.user_rating, "What the user thought of it", "X");
  add("--request-id", written.request_id, "Goes into the log line and the span only", "ID");
  add("--log", written.log, "Append a line of JSON to this file; - is standard output", "FILE")
      ->check([](const std::string& text) { return std::string{text.empty() ? "is empty" : ""}; });
  add("--price-file", written.price_file, "Prices in LiteLLM's format, above the built-in", "FILE")
      ->check([](const std::string& text) { return std::string{text.empty() ? "is empty" : ""}; });
  add_agent_option(verb, written.agent);
  verb.add_flag("--no-span", written.no_span, "Metrics only");
  verb.add_flag("--histograms", written.histograms, "Histograms instead of distributions: no p99");
  add_emit_options(verb, written);
  verb.get_option("--policy")->description("A tag policy in JSON (default: that of these metrics)");
}

}  // namespace pawl::tools
