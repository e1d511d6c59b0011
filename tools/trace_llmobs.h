#pragma once
// What comes for LLM Observability through the Agent's proxy: events of spans, and evaluations. The
// proxy hands both on unread; what the intake behind it wants is checked here.
//
// Threads: pure functions.
// Errors: a body that is no JSON, or no list of these, is refused whole; what is wrong in it, by
// itself.

#include <string>
#include <string_view>
#include <vector>

#include <pawl/result.h>

namespace pawl::tools {

struct LlmobsItem {
  std::string line;     // to read
  std::string json;     // an object on one line
  std::string refusal;  // why it is refused; empty where it is not
};

Result<std::vector<LlmobsItem>> read_llmobs_spans(std::string_view body);
Result<std::vector<LlmobsItem>> read_evaluations(std::string_view body);

}  // namespace pawl::tools
