#include "tools/span.h"

#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <pawl/trace.h>

#include "tools/child.h"
#include "tools/span_sending.h"

namespace pawl::tools {
namespace {

using std::string_view;
using trace::Span;
using trace::SpanContext;
using trace::Tracer;
using Texts = std::vector<std::string>;

constexpr const char* kVerb = "span";

constexpr const char* kExplanation =
    R"TXT(Runs the command inside of a span of this name, and exports TRACEPARENT to it, so that its spans
are children of this one: those of `pawl span` and `pawl llm` inside of a script, and of programs
that know W3C Trace Context. The parent is TRACEPARENT of the environment where it is set. A command
that fails makes the span an error, with its exit code.

The exit code is the command's; 128 + the signal that ended it; 127 when there is no such command,
126 when it cannot be run. Signals are handed on to the command. An Agent that is not there is
silent; with --fail it is exit 1, of a command that did well.

Examples:
  pawl span nightly.backup -- ./backup.sh
  pawl span http.fetch --resource prices --service shop --type http -- curl -sf https://example.com
  pawl span release --tag version:1.4.2 --tag stage:prod -- sh -c 'pawl span build -- make &&
    pawl span test -- make test'
)TXT";

struct Tag {
  std::string key;
  std::string value;
};

struct Written {  // as on the command line
  std::string name;
  std::string command;
  std::string service;
  std::string resource;
  std::string type;
  std::string parent;
  std::string agent;
  std::string timeout;
  Texts tags;
  bool fail = false;
};

struct Plan {
  Texts command;
  std::vector<Tag> tags;
  std::chrono::milliseconds timeout{1'000};
};

int refuse(const std::string& message, ExitCode code = exit_usage) {
  return complain(fmt::format("{}: {}", kVerb, message), code);
}

Result<Tag> read_tag(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string::npos) {
    return Error{fmt::format("--tag: \"{}\" is not KEY:VALUE", printable(text, 100))};
  }
  return Tag{text.substr(0, colon), text.substr(colon + 1)};
}

// The reader of the arguments takes the command, and leaves over what follows: options that it does
// not know, the first `--`, and the command's arguments.
Result<Texts> command_of(const Written& written, const Texts& rest) {
  if (written.command.empty()) return Error{"COMMAND is missing"};
  Texts command{written.command};
  bool marked = false;
  for (const std::string& text : rest) {
    if (!marked && text == "--") {
      marked = true;
      continue;
    }
    if (!marked && text.size() > 1 && text.front() == '-') {
      return Error{fmt::format("\"{}\" is not expected; the command stands behind --",
                               printable(text, 100))};
    }
    command.push_back(text);
  }
  return command;
}

Result<Plan> make_plan(const Written& written, const Texts& rest) {
  Plan plan;
  Result<Texts> command = command_of(written, rest);
  if (!command) return command.error();
  plan.command = std::move(*command);
  for (const std::string& text : written.tags) {
    Result<Tag> tag = read_tag(text);
    if (!tag) return tag.error();
    plan.tags.push_back(std::move(*tag));
  }
  if (written.timeout.empty()) return plan;
  const auto timeout = parse_duration(written.timeout);
  if (!timeout) return Error{"--timeout: " + timeout.error().message};
  plan.timeout = *timeout;
  return plan;
}

Result<SpanContext> parent_of(const Tracer& tracer, const Written& written) {
  if (written.parent.empty()) return parent_from_environment(tracer);
  const std::map<std::string, std::string> headers{{"traceparent", written.parent}};
  SpanContext parent = tracer.extract(headers);
  if (parent || !tracer.enabled()) return parent;
  return Error{fmt::format("--parent-header: \"{}\" is not a traceparent, 00-TRACE-SPAN-FLAGS",
                           printable(written.parent, 100))};
}

bool names(string_view entry, string_view variable) {
  return entry.size() > variable.size() && entry[variable.size()] == '=' &&
         entry.substr(0, variable.size()) == variable;
}

// The environment as it is, but for the two; as it is where no span is made.
Texts environment_inside(const Tracer& tracer, const Span& span) {
  std::map<std::string, std::string> headers;
  tracer.inject(span.context(), headers);
  const bool traced = headers.count("traceparent") != 0;
  Texts entries;
  for (char** each = environ; *each != nullptr; ++each) {
    const bool replaced = names(*each, "TRACEPARENT") || names(*each, "TRACESTATE");
    if (!traced || !replaced) entries.emplace_back(*each);
  }
  if (traced) entries.push_back("TRACEPARENT=" + headers["traceparent"]);
  if (!headers["tracestate"].empty()) entries.push_back("TRACESTATE=" + headers["tracestate"]);
  return entries;
}

void tell_ending(Span& span, const Ending& ending) {
  span.metric("exit_code", ending.exit_code);
  if (ending.exit_code == 0) return;
  if (!ending.reason.empty()) {
    span.error("not_run", ending.reason);
  } else if (ending.signal != 0) {
    span.error("signal", fmt::format("signal {} ({})", ending.signal, strsignal(ending.signal)));
  } else {
    span.error("exit_code", fmt::format("exit code {}", ending.exit_code));
  }
}

Ending run_inside(const Tracer& tracer,
                  const SpanContext& parent,
                  const Written& written,
                  const Plan& plan) {
  Span span =
      tracer.start(written.name, parent, {.resource = written.resource, .type = written.type});
  for (const Tag& tag : plan.tags) span.tag(tag.key, tag.value);
  Ending ending = run_child(plan.command, environment_inside(tracer, span));
  tell_ending(span, ending);
  return ending;
}

int run_span(const Written& written, const Texts& rest) {
  if (written.name.empty()) return refuse("NAME is empty");
  const Result<Plan> plan = make_plan(written, rest);
  if (!plan) return refuse(plan.error().message);
  trace::TracerOptions options;
  options.agent_url = written.agent;
  options.service = written.service;
  const Result<Tracer> tracer = make_tracer(kVerb, std::move(options));
  if (!tracer) return refuse(tracer.error().message);
  const Result<SpanContext> parent = parent_of(*tracer, written);
  if (!parent) return refuse(parent.error().message);
  const Ending ending = run_inside(*tracer, *parent, written, *plan);
  if (!ending.reason.empty()) {
    complain(fmt::format("{}: {}: {}", kVerb, plan->command.front(), ending.reason), exit_failed);
  }
  const int sent = send_spans(kVerb, *tracer, plan->timeout, written.fail);
  return ending.exit_code != 0 ? ending.exit_code : sent;
}

}  // namespace

void add_span(CLI::App& app, Run& run) {
  const auto written = std::make_shared<Written>();
  CLI::App* verb = app.add_subcommand(kVerb, "Run a command inside of a span")->allow_extras();
  const auto add = [&](const char* name, std::string& text, const char* about, const char* type) {
    return verb->add_option(name, text, about)->type_name(type);
  };
  verb->add_option("NAME", written->name, "Of the span, as backup or http.fetch")->required();
  verb->add_option("COMMAND", written->command, "And its arguments, behind --");
  add("--resource", written->resource, "What is operated on (default: NAME)", "NAME");
  add("--service", written->service, "Whose span it is (default: DD_SERVICE, then pawl)", "NAME");
  add("--type", written->type, "web, http, db, cache, worker, ...", "NAME");
  verb->add_option("--tag", written->tags, "A tag; may be given again")
      ->type_name("KEY:VALUE")
      ->allow_extra_args(false);
  add("--parent-header",
      written->parent,
      "The span around it (default: TRACEPARENT of the environment)",
      "TRACEPARENT");
  add_agent_option(*verb, written->agent);
  add("--timeout", written->timeout, "How long to wait for a slow Agent (default: 1s)", "TIME");
  verb->add_flag("--fail", written->fail, "Exit 1 when the Agent did not take the span");
  verb->footer(kExplanation);
  verb->callback([written, verb, &run] {
    run = [written, verb] { return run_span(*written, verb->remaining()); };
  });
}

}  // namespace pawl::tools
