#pragma once
// What the verbs that send spans share: a tracer without threads, the parent that the environment
// names, and what is told of spans that did not arrive.
//
// Threads: functions without state, but for the environment.
// Errors: by Result; the message names the option, its text and what was expected.

#include <chrono>
#include <string>

#include <pawl/trace.h>

#include "tools/arguments.h"

namespace pawl::tools {

// Adds --agent.
void add_agent_option(CLI::App& verb, std::string& url);

// Makes a tracer without threads, and tells of what the environment has wrong.
Result<trace::Tracer> make_tracer(const std::string& verb, trace::TracerOptions options);

// Gives the span that TRACEPARENT and TRACESTATE name; one that says nothing where there is none.
trace::SpanContext parent_from_environment(const trace::Tracer& tracer);

// Sends what has ended. Tells, where it is asked to, what did not arrive; gives the exit code.
int send_spans(const std::string& verb,
               const trace::Tracer& tracer,
               std::chrono::milliseconds timeout,
               bool fail);

}  // namespace pawl::tools
