#include "tools/emit_options.h"

#include <utility>

#include <CLI/CLI.hpp>

#include "tools/arguments.h"
#include "tools/policy_option.h"

namespace pawl::tools {
namespace {

using std::string_view;

// What a script sends in one go waits here until the end; the library's defaults are for programs
// that flush every two seconds.
constexpr std::size_t kWaitingBytes = std::size_t{64} << 20;

// Seconds beyond it do not fit the system clock's nanoseconds; the library wants much less.
constexpr std::int64_t kLastSecond = 9'000'000'000;

Error wrong(string_view option, string_view text, string_view expected) {
  const std::string shown = "\"" + printable(text, 100) + "\"";
  return Error{std::string{option} + ": " + shown + " is not " + std::string{expected}};
}

// "a:1,b:2": a tag without a value is its key alone; one without a key is a mistake.
std::optional<Error> read_tags(string_view list, std::vector<OwnedTag>& tags) {
  string_view rest = list;
  while (!list.empty()) {
    const auto comma = rest.find(',');
    const string_view tag = rest.substr(0, comma);
    const auto colon = tag.find(':');
    if (colon == 0) return wrong("--tags", tag, "a tag: its key is missing");
    if (tag.empty()) return wrong("--tags", list, "a list of tags: one of them is empty");
    const string_view value = colon == string_view::npos ? string_view{} : tag.substr(colon + 1);
    tags.push_back({std::string{tag.substr(0, colon)}, std::string{value}});
    if (comma == string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

std::optional<Error> read_cardinality(const std::string& text, CallOptions& call) {
  if (text.empty()) return std::nullopt;
  for (const Cardinality each :
       {Cardinality::none, Cardinality::low, Cardinality::orchestrator, Cardinality::high}) {
    if (to_string(each) != text) continue;
    call.cardinality = each;
    return std::nullopt;
  }
  return wrong("--cardinality", text, "none, low, orchestrator or high");
}

std::optional<Error> read_rate(const std::string& text, CallOptions& call) {
  if (text.empty()) return std::nullopt;
  const auto number = parse_number(text);
  if (!number || !SampleRate::from(*number)) {
    return wrong("--rate", text, "a number above 0, at most 1");
  }
  call.sample_rate = *number;
  return std::nullopt;
}

std::optional<Error> read_timestamp(const std::string& text, EmitPlan& plan) {
  if (text.empty()) return std::nullopt;
  const auto seconds = parse_whole(text, 1, kLastSecond);
  if (!seconds) return wrong("--timestamp", text, "a time in Unix seconds");
  plan.timestamp = std::chrono::system_clock::time_point{std::chrono::seconds{*seconds}};
  return std::nullopt;
}

Options make_options(const EmitWritten& written) {
  Options options;
  options.address = written.to;
  options.prefix = written.prefix;
  options.telemetry = Switch::off;
  options.max_sample_bytes = kWaitingBytes;
  options.max_queue_bytes = kWaitingBytes;
  options.background = Background::manual;
  return options;
}

}  // namespace

Error about(string_view what, const Error& error) {
  return Error{std::string{what} + ": " + error.message};
}

void add_emit_options(CLI::App& verb, EmitWritten& written) {
  verb.add_option("--to",
                  written.to,
                  "Where the Agent is (default: DD_*, then /var/run/datadog/dsd.socket, then "
                  "localhost:8125)")
      ->type_name("URL")
      ->check([](const std::string& text) { return std::string{text.empty() ? "is empty" : ""}; });
  verb.add_option("--tags", written.tags, "Tags, k:v,k:v; may be given again")
      ->type_name("TAGS")
      ->allow_extra_args(false);
  verb.add_option("--cardinality", written.cardinality, "Tags that the Agent adds of its own")
      ->type_name("none|low|orchestrator|high");
  add_policy_option(verb, written.policy);
  verb.add_option("--timeout", written.timeout, "How long to wait for a slow Agent (default: 1s)")
      ->type_name("TIME");
  verb.add_flag("--dry-run", written.dry_run, "Print the lines instead of sending them");
  verb.add_flag(
      "--fail", written.fail, "Exit 1 when it could not be handed over (UDP cannot tell)");
}

void add_prefix_option(CLI::App& verb, EmitWritten& written) {
  verb.add_option("--prefix", written.prefix, "Goes before the name, as written")
      ->type_name("TEXT");
}

void add_rate_option(CLI::App& verb, EmitWritten& written) {
  verb.add_option("--rate", written.rate, "Share of the values to keep; counts are kept whole")
      ->type_name("RATE");
}

void add_timestamp_option(CLI::App& verb, EmitWritten& written) {
  verb.add_option("--timestamp", written.timestamp, "When it was, in Unix seconds")
      ->type_name("SECONDS");
}

Result<EmitPlan> make_emit_plan(const EmitWritten& written) {
  EmitPlan plan;
  for (const std::string& list : written.tags) {
    if (const auto error = read_tags(list, plan.tags)) return *error;
  }
  for (const auto& error : {read_cardinality(written.cardinality, plan.call),
                            read_rate(written.rate, plan.call),
                            read_timestamp(written.timestamp, plan)}) {
    if (error) return *error;
  }
  const auto timeout = parse_duration(written.timeout);
  if (!timeout) return about("--timeout", timeout.error());
  plan.timeout = *timeout;
  plan.options = make_options(written);
  Result<TagPolicy> policy = read_policy(written.policy);
  if (!policy) return policy.error();
  plan.options.tag_policy = std::move(*policy);
  plan.dry_run = written.dry_run;
  plan.fail = written.fail;
  return plan;
}

}  // namespace pawl::tools
