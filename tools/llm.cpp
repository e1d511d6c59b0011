#include "tools/llm.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <pawl/llm.h>
#include <pawl/trace_llm.h>

#include "tools/llm_options.h"
#include "tools/output.h"
#include "tools/past_clock.h"
#include "tools/repairs.h"
#include "tools/sending.h"
#include "tools/span_sending.h"

namespace pawl::tools {
namespace {

using llm::LogStats;
using llm::Refused;
using std::string_view;

constexpr const char* kVerb = "llm";

constexpr const char* kExplanation =
    R"TXT(Records the metrics llm.requests, llm.latency_ms, llm.input_tokens, llm.estimated_cost_usd and so
on, as pawl::llm::Recorder does. The cost is that of the list price; a model without one is recorded
with llm.cost_unknown, never with a guess, and silently: `pawl price MODEL` tells. Of --tags only
those keys go out that metrics of requests may have (env, service, version, prompt_variant,
cache_hit), or those of --policy; the others (user_id ...) are left out with a warning.
The request is an llm.request span too, with the same values, in the trace of the environment's
TRACEPARENT where there is one (`pawl span` sets it); --no-span leaves it out. --dry-run sends none,
and prints the log line, instead of appending it. Exit 1 when the log or the prices
cannot be written or read, and with --fail when the Agent did not take it all.

Examples:
  pawl llm --provider openai --model gpt-4.1 --prompt-name answer --prompt-version 7 \
    --feature search --input-tokens 1840 --output-tokens 312 --cached 512 --latency-ms 1430
  pawl llm --model gpt-4.1-mini --latency-ms 30000 --error-type timeout --retries 2
  pawl llm --model claude-sonnet-4-5 --input-tokens 900 --output-tokens 80 --latency-ms 2100 \
    --first-token-ms 310 --json-invalid --eval correctness=0.4 --eval safety=1 \
    --tags env:prod,service:ai-api --request-id req-81 --log requests.jsonl
)TXT";

int refuse(const std::string& message, ExitCode code = exit_usage) {
  return complain(std::string{kVerb} + ": " + message, code);
}

// The request is over: its span begins as long ago as it took.
void record(const llm::Recorder& recorder, const LlmWritten& written, const LlmPlan& plan) {
  constexpr llm::Milliseconds kMost{1e12};  // what nanoseconds hold, and the past has
  const auto latency =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::min(plan.latency, kMost));
  PastClock::set_back(latency);
  llm::Request request = recorder.start(plan.labels, plan.ids);
  PastClock::pass(latency);
  request.latency(plan.latency);
  if (plan.queue) request.queue(*plan.queue);
  if (plan.first_token) request.first_token(*plan.first_token);
  if (plan.usage) request.usage(*plan.usage);
  if (plan.user_rating) request.user_rating(*plan.user_rating);
  if (plan.retries != 0) request.retry(plan.retries);
  if (written.json_invalid) request.json_invalid();
  for (const std::string& name : written.tools) request.tool(name, true, {});
  for (const FailedTool& tool : plan.failed_tools) {
    request.tool(tool.name, false, {}, tool.error_type);
  }
  for (const Eval& eval : plan.evals) request.eval(eval.name, eval.score);
  if (!written.error_type.empty()) request.error(written.error_type);
  request.finish();
}

std::string words_of_usage(const LlmWritten& written, const llm::Usage& usage) {
  if (usage.reasoning > usage.output) {
    return fmt::format("--reasoning: {} is more than --output-tokens, {}, which include it",
                       usage.reasoning,
                       usage.output);
  }
  if (usage.cached_input > usage.input) {
    return fmt::format("--cached: {} is more than --input-tokens, {}, which include it",
                       usage.cached_input,
                       usage.input);
  }
  return fmt::format("--cached and --cache-creation: together more than --input-tokens, {}",
                     written.input_tokens);
}

// In words of the command line.
std::string words_of(Refused reason, const LlmWritten& written, const LlmPlan& plan) {
  switch (reason) {
    case Refused::first_token:
      return fmt::format("--first-token-ms: {} is later than --latency-ms, {}",
                         written.first_token,
                         written.latency);
    case Refused::usage:
      return words_of_usage(written, plan.usage.value_or(llm::Usage{}));
    case Refused::name:
      return "--eval, --tool and --tool-failed: a name has at most 119 bytes";
    default:
      return fmt::format("a {} is refused", to_string(reason));
  }
}

// What the recorder would refuse is found out with a client that sends nothing: then nothing is
// sent at all.
std::optional<Error> rehearse(const LlmWritten& written, const LlmPlan& plan) {
  const llm::Recorder recorder{Client::null()};
  record(recorder, written, plan);
  const llm::RecorderStats stats = recorder.stats();
  for (std::size_t i = 0; i < llm::kRefused; ++i) {
    if (stats.refused[i] == 0) continue;
    return Error{words_of(static_cast<Refused>(i), written, plan)};
  }
  return std::nullopt;
}

Result<std::shared_ptr<const llm::PriceBook>> read_prices(const std::string& file) {
  auto book = std::make_shared<llm::PriceBook>();
  if (!file.empty()) {
    const auto report = book->load_file(file);
    if (!report) return about("--price-file", report.error());
    if (report->refused != 0) {
      refuse(
          fmt::format("warning: --price-file: {} of its models are refused; see pawl price --file",
                      report->refused),
          exit_ok);
    }
  }
  return std::shared_ptr<const llm::PriceBook>{std::move(book)};
}

// Each text is put to a recorder that sends nothing: its rules are asked, not repeated.
void warn_of_texts(const Sending& sending, const LlmWritten& written) {
  const llm::Recorder probe{Client::null()};
  const auto warn_if =
      [&](string_view option, const std::string& text, string_view fate, auto was) {
        if (was) sending.warn(fmt::format("{} \"{}\" {}", option, printable(text, 100), fate));
      };
  for (const auto& [option, text] : {std::pair{"--provider", &written.provider},
                                     {"--model", &written.model},
                                     {"--feature", &written.feature},
                                     {"--prompt-name", &written.prompt_name},
                                     {"--prompt-version", &written.prompt_version},
                                     {"--tenant-tier", &written.tenant_tier},
                                     {"--region", &written.region},
                                     {"--request-id", &written.request_id}}) {
    const auto before = probe.stats().texts_cut;
    probe.start({.model = *text}).abandon();
    warn_if(option, *text, "is cut to 119 bytes", probe.stats().texts_cut != before);
  }
  for (const auto& [option, text] : {std::pair{"--error-type", &written.error_type},
                                     {"--finish-reason", &written.finish_reason}}) {
    if (text->empty()) continue;
    const auto before = probe.stats().texts_replaced;
    probe.record_error({}, *text);
    warn_if(option,
            *text,
            "goes out as \"other\": it is not one word of at most 63 bytes",
            probe.stats().texts_replaced != before);
  }
}

void warn(const Sending& sending, const LlmWritten& written, const LlmPlan& plan) {
  for (const std::string& warning : plan.warnings) sending.warn(warning);
  for (const Eval& eval : plan.evals) {
    warn_of_name(sending, std::string{llm::kEvalPrefix} + eval.name);
  }
  warn_of_texts(sending, written);
}

// Where the log line goes: to the file, or to `line` for standard output.
llm::LogOptions log_options(const LlmWritten& written, std::string& line) {
  llm::LogOptions options;
  options.background = Background::manual;
  if (written.log.empty()) return options;
  if (written.log == "-" || written.dry_run) {
    options.callback = [&line](string_view text) { line = text; };
  } else {
    options.file = written.log;
  }
  return options;
}

int judge_log(const LlmWritten& written, const LogStats& log, const std::string& line) {
  if (!line.empty()) {
    Output output;
    output.line(line);
    if (!output.flush()) return refuse("standard output cannot be written", exit_failed);
  }
  for (const std::uint64_t lines : log.dropped) {
    if (lines != 0) {
      return refuse("--log: \"" + printable(written.log, 100) + "\" cannot be written",
                    exit_failed);
    }
  }
  return exit_ok;
}

std::shared_ptr<llm::SpanHook> span_hook(const trace::Tracer& tracer) {
  return trace::llm_spans(tracer, parent_from_environment(tracer));
}

Result<std::optional<trace::Tracer>> open_tracer(const LlmWritten& written, const LlmPlan& plan) {
  if (written.no_span || written.dry_run) return std::optional<trace::Tracer>{};
  trace::TracerOptions options;
  options.agent_url = written.agent;
  options.service = plan.service_tag("service");
  options.env = plan.service_tag("env");
  options.version = plan.service_tag("version");
  options.clock = std::make_shared<PastClock>();
  Result<trace::Tracer> tracer = make_tracer(kVerb, std::move(options));
  if (!tracer) return tracer.error();
  return std::optional<trace::Tracer>{std::move(*tracer)};
}

int send(const LlmWritten& written,
         const LlmPlan& plan,
         std::shared_ptr<const llm::PriceBook> prices) {
  const Result<std::optional<trace::Tracer>> opened = open_tracer(written, plan);
  if (!opened) return refuse(opened.error().message);
  const std::optional<trace::Tracer>& tracer = *opened;
  Result<Sending> sending = Sending::open(kVerb, plan.emit);
  if (!sending) return refuse(sending.error().message);
  std::string line;
  const llm::Recorder recorder{sending->client(),
                               {.service = plan.service_tag("service"),
                                .env = plan.service_tag("env"),
                                .version = plan.service_tag("version"),
                                .histograms = written.histograms,
                                .price_book = std::move(prices),
                                .log = log_options(written, line),
                                .span_hook = tracer ? span_hook(*tracer) : nullptr}};
  warn(*sending, written, plan);
  record(recorder, written, plan);
  const LogStats log = recorder.close(plan.emit.timeout);
  const int sent = sending->finish();
  const int traced = tracer ? send_spans(kVerb, *tracer, plan.emit.timeout, written.fail) : exit_ok;
  const int logged = judge_log(written, log, line);
  if (sent != exit_ok) return sent;
  return logged != exit_ok ? logged : traced;
}

int llm_request(const LlmWritten& written) {
  Result<LlmPlan> plan = make_llm_plan(written);
  if (!plan) return refuse(plan.error().message);
  if (const auto error = rehearse(written, *plan)) return refuse(error->message);
  auto prices = read_prices(written.price_file);
  if (!prices) return refuse(prices.error().message, exit_failed);
  return send(written, *plan, std::move(*prices));
}

}  // namespace

void add_llm(CLI::App& app, Run& run) {
  const auto written = std::make_shared<LlmWritten>();
  CLI::App* verb = app.add_subcommand(kVerb, "Record a whole request to a language model");
  add_llm_options(*verb, *written);
  verb->footer(kExplanation);
  verb->callback([written, &run] { run = [written] { return llm_request(*written); }; });
}

}  // namespace pawl::tools
