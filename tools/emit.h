#pragma once
// The verbs that send what a script says: `pawl count`, `gauge`, `histogram`, `distribution`,
// `timing` and `set`, and of emit_notes.cpp `event` and `check`.

#include "tools/arguments.h"

namespace pawl::tools {

// Adds all eight.
void add_emit(CLI::App& app, Run& run);

// Adds `event` and `check`.
void add_notes(CLI::App& app, Run& run);

}  // namespace pawl::tools
