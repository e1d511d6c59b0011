#pragma once
// `pawl llm`: one whole request to a language model, recorded from a script as the library's
// recorder does it.

#include "tools/arguments.h"

namespace pawl::tools {

void add_llm(CLI::App& app, Run& run);

}  // namespace pawl::tools
