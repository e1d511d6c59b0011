#pragma once
// What the verbs that send have in common on the command line: where to, tags, how long to wait,
// and what a loss means. Read strictly, so that a script's mistake is told and not sent.
//
// Threads: values and functions without state.
// Errors: by Result; the message names the option, its text and what was expected.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <pawl/metric.h>
#include <pawl/options.h>
#include <pawl/result.h>
#include <pawl/tags.h>

#include "tools/arguments.h"

namespace pawl::tools {

struct EmitWritten {  // as on the command line
  std::string to;
  std::vector<std::string> tags;
  std::string cardinality;
  std::string prefix;
  std::string policy;
  std::string rate;
  std::string timestamp;
  std::string timeout = "1s";
  bool dry_run = false;
  bool fail = false;
};

struct EmitPlan {
  Options options;
  std::vector<OwnedTag> tags;
  CallOptions call;
  std::optional<std::chrono::system_clock::time_point> timestamp;
  std::chrono::milliseconds timeout{};
  bool dry_run = false;
  bool fail = false;
};

// Add options to a verb: those of all that send, then those of some.
void add_emit_options(CLI::App& verb, EmitWritten& written);
void add_prefix_option(CLI::App& verb, EmitWritten& written);
void add_rate_option(CLI::App& verb, EmitWritten& written);
void add_timestamp_option(CLI::App& verb, EmitWritten& written);

Result<EmitPlan> make_emit_plan(const EmitWritten& written);

// Gives the error with the name of what it is about in front.
Error about(std::string_view what, const Error& error);

}  // namespace pawl::tools
