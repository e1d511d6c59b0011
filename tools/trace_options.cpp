#include "tools/trace_options.h"

#include <string_view>

#include <CLI/CLI.hpp>

namespace pawl::tools {
namespace {

using std::string_view;

Error about(string_view option, const Error& error) {
  return Error{std::string{option} + ": " + error.message};
}

Error wrong_rate(const std::string& text) {
  return Error{"--trace-rate: \"" + printable(text, 100) +
               "\" is not service:NAME,env:NAME=RATE with a rate from 0 to 1"};
}

std::optional<Error> read_rate(const std::string& text, TraceScript& script) {
  const auto equals = text.rfind('=');
  const string_view key = string_view{text}.substr(0, equals);
  if (equals == std::string::npos || key.substr(0, 8) != "service:") return wrong_rate(text);
  if (key.find(",env:") == string_view::npos) return wrong_rate(text);
  const auto rate = parse_number(string_view{text}.substr(equals + 1));
  if (!rate || *rate < 0 || *rate > 1) return wrong_rate(text);
  script.rates[std::string{key}] = *rate;
  return std::nullopt;
}

std::optional<Error> read_status(const TraceWritten& written, TraceScript& script) {
  if (!written.status.empty()) {
    const auto status = parse_whole(written.status, 400, 599);
    if (!status) return about("--trace-status", status.error());
    script.status = static_cast<int>(*status);
  }
  if (written.times.empty()) return std::nullopt;
  const auto times = parse_whole(written.times, 1, INT64_MAX);
  if (!times) return about("--trace-status-times", times.error());
  script.times = static_cast<std::uint64_t>(*times);
  return std::nullopt;
}

std::optional<Error> read_time(string_view option,
                               const std::string& text,
                               std::chrono::milliseconds& time) {
  if (text.empty()) return std::nullopt;
  const auto read = parse_duration(text);
  if (!read) return about(option, read.error());
  time = *read;
  return std::nullopt;
}

}  // namespace

Result<TracePlan> make_trace_plan(const TraceWritten& written) {
  TracePlan plan;
  plan.script.meta_structs = !written.no_meta_struct;
  for (const std::string& rate : written.rates) {
    if (auto error = read_rate(rate, plan.script)) return *error;
  }
  if (auto error = read_status(written, plan.script)) return *error;
  if (auto error = read_time("--trace-delay", written.delay, plan.script.delay)) return *error;
  if (auto error = read_time("--trace-window", written.window, plan.window)) return *error;
  return plan;
}

void add_trace_options(CLI::App& verb, TraceWritten& written) {
  verb.add_option("--trace-window",
                  written.window,
                  "A trace is printed when no more of it has come for so long (default: 500ms)")
      ->type_name("TIME");
  verb.add_option("--trace-rate",
                  written.rates,
                  "Sampling rate to answer for a service: service:NAME,env:NAME=RATE")
      ->type_name("KEY=RATE")
      ->allow_extra_args(false);
  CLI::Option* status =
      verb.add_option("--trace-status", written.status, "Answer spans with this error, 400 to 599")
          ->type_name("STATUS");
  verb.add_option("--trace-status-times", written.times, "Only so many times, then take them")
      ->type_name("N")
      ->needs(status);
  verb.add_option("--trace-delay", written.delay, "Answer spans so much later")->type_name("TIME");
  verb.add_flag("--no-meta-struct",
                written.no_meta_struct,
                "Say at /info that spans cannot carry LLM Observability");
}

}  // namespace pawl::tools
