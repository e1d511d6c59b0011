#pragma once
// `pawl demo`: the client and a listener in one process, an LLM service that records, and the proof
// that what was recorded is what arrived.

#include "tools/arguments.h"

namespace pawl::tools {

void add_demo(CLI::App& app, Run& run);

}  // namespace pawl::tools
