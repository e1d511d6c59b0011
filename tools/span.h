#pragma once
// `pawl span`: runs a command inside of a span, whose children are the spans of the command.

#include "tools/arguments.h"

namespace pawl::tools {

void add_span(CLI::App& app, Run& run);

}  // namespace pawl::tools
