#pragma once
// `--policy FILE`, which the verbs that send and `pawl lint` share.
//
// Errors: by Result; the message names the option, and file, line, column and field.

#include <string>

#include <pawl/result.h>
#include <pawl/tag_policy.h>

#include "tools/arguments.h"

namespace pawl::tools {

void add_policy_option(CLI::App& verb, std::string& written);

// Gives the policy of the file, the default when none was named.
Result<TagPolicy> read_policy(const std::string& written);

}  // namespace pawl::tools
