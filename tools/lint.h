#pragma once
// `pawl lint`: says of DogStatsD lines what a tag policy would change or refuse, and which keys
// have more values than a metric should.

#include "tools/arguments.h"

namespace pawl::tools {

void add_lint(CLI::App& app, Run& run);

}  // namespace pawl::tools
