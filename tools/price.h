#pragma once
// The verb `pawl price`: what a request to a model costs, and where that price comes from; and
// `--list`, all prices that are known.

#include "tools/arguments.h"

namespace pawl::tools {

void add_price(CLI::App& app, Run& run);

}  // namespace pawl::tools
