#pragma once
// Which tags go out with a request of `pawl llm`: the policy is asked for each, and what becomes of
// it is a warning.
//
// Errors: a tag of --tags that has an option of its own, and one with which the policy refuses all.

#include <optional>

#include "tools/llm_options.h"

namespace pawl::tools {

// Moves the tags of --tags that may pass to those of everything, and says of all tags, those of the
// labels too, which go out otherwise than they were written, or not at all.
std::optional<Error> settle_tags(LlmPlan& plan);

}  // namespace pawl::tools
