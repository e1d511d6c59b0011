#include "tools/policy_option.h"

#include <CLI/CLI.hpp>

namespace pawl::tools {

void add_policy_option(CLI::App& verb, std::string& written) {
  verb.add_option("--policy", written, "A tag policy in JSON (default: all tags pass)")
      ->type_name("FILE")
      ->check([](const std::string& text) { return std::string{text.empty() ? "is empty" : ""}; });
}

Result<TagPolicy> read_policy(const std::string& written) {
  if (written.empty()) return TagPolicy{};
  Result<TagPolicy> policy = TagPolicy::load(written);
  if (!policy) return Error{"--policy: " + policy.error().message};
  return policy;
}

}  // namespace pawl::tools
