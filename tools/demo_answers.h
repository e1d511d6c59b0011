#pragma once
// The questions that a service's owner asks of these metrics, answered from what arrived: each with
// its numbers, in as many lines as it takes. Percentiles are those of the Agent's sketches, as on a
// dashboard.
//
// Threads: pure functions.

#include <string>
#include <vector>

#include "tools/store.h"

namespace pawl::tools {

std::vector<std::string> answers_in_words(const Store& arrived);

}  // namespace pawl::tools
