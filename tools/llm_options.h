#pragma once
// What `pawl llm` was told, read strictly, and which of its tags may become part of a metric.
//
// Threads: functions without state.
// Errors: by Result; the message names the option, its text and what was expected.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/llm.h>

#include "tools/emit_options.h"

namespace pawl::tools {

struct LlmWritten : EmitWritten {  // as on the command line
  std::string provider, model, feature, prompt_name, prompt_version, tenant_tier, region;
  std::string finish_reason, error_type, request_id;
  std::string input_tokens, output_tokens;
  std::string cached = "0";
  std::string cache_creation = "0";
  std::string reasoning = "0";
  std::string latency, first_token, queue, user_rating;
  std::string retries = "0";
  std::vector<std::string> evals, tools, failed_tools;
  bool json_invalid = false;
  bool streaming = false;
  bool histograms = false;
  std::string log;
  std::string price_file;
  std::string agent;
  bool no_span = false;
};

struct Eval {
  std::string name;
  double score = 0;
};

struct FailedTool {
  std::string name;
  std::string error_type;
};

struct LlmPlan {
  EmitPlan emit;
  std::vector<std::string> warnings;  // of tags
  llm::Labels labels;                 // these two view what was written
  llm::Ids ids;
  std::optional<llm::Usage> usage;
  llm::Milliseconds latency{};
  std::optional<llm::Milliseconds> first_token;
  std::optional<llm::Milliseconds> queue;
  std::optional<double> user_rating;
  std::uint32_t retries = 0;
  std::vector<Eval> evals;
  std::vector<FailedTool> failed_tools;

  // Gives the value of a tag of all that is sent: of --tags, else of the environment.
  std::string service_tag(std::string_view key) const;
};

void add_llm_options(CLI::App& verb, LlmWritten& written);

// `written` must live as long as the plan.
Result<LlmPlan> make_llm_plan(const LlmWritten& written);

}  // namespace pawl::tools
