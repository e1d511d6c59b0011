#pragma once
// `pawl listen`: a strict receiver that prints what an Agent would have received.

#include "tools/arguments.h"

namespace pawl::tools {

void add_listen(CLI::App& app, Run& run);

}  // namespace pawl::tools
