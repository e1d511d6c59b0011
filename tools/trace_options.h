#pragma once
// The options of `pawl listen` for its trace intake, read strictly.
//
// Threads: functions without state.
// Errors: by Result; the message names the option, its text and what was expected.

#include <string>
#include <vector>

#include <pawl/result.h>

#include "tools/arguments.h"
#include "tools/trace_listening.h"

namespace pawl::tools {

struct TraceWritten {  // as on the command line
  std::vector<std::string> rates;
  std::string status;
  std::string times;
  std::string delay;
  std::string window;
  bool no_meta_struct = false;
};

void add_trace_options(CLI::App& verb, TraceWritten& written);

Result<TracePlan> make_trace_plan(const TraceWritten& written);

}  // namespace pawl::tools
