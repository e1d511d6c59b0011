#include "tools/llm_tags.h"

#include <array>
#include <utility>

#include <pawl/llm_metrics.h>
#include <pawl/tag_policy.h>

namespace pawl::tools {
namespace {

using std::string_view;

// Keys with which a request tags itself, and what says them on the command line.
constexpr std::array<std::pair<string_view, string_view>, 14> kOwnKeys{{
    {"provider", "--provider"},
    {"model", "--model"},
    {"feature", "--feature"},
    {"prompt_name", "--prompt-name"},
    {"prompt_version", "--prompt-version"},
    {"tenant_tier", "--tenant-tier"},
    {"region", "--region"},
    {"streaming", "--streaming"},
    {"finish_reason", "--finish-reason"},
    {"status", "--error-type"},
    {"error_type", "--error-type"},
    {"tool", "--tool-failed"},
    {"eval", "--eval"},
    {"request_id", "--request-id"},
}};

std::string text_of(const Tag& tag) {
  std::string text{tag.key};
  return tag.value.empty() ? text : text.append(":").append(tag.value);
}

std::string quoted(string_view text) { return "\"" + printable(text, 100) + "\""; }

std::vector<Tag> tags_of(const llm::Labels& labels) {
  std::vector<Tag> tags;
  for (const Tag& tag : {Tag{"provider", labels.provider},
                         Tag{"model", labels.model},
                         Tag{"feature", labels.feature},
                         Tag{"prompt_name", labels.prompt_name},
                         Tag{"prompt_version", labels.prompt_version},
                         Tag{"tenant_tier", labels.tenant_tier},
                         Tag{"region", labels.region},
                         Tag{"finish_reason", labels.finish_reason}}) {
    if (!tag.value.empty()) tags.push_back(tag);
  }
  return tags;
}

std::string fate_of(const std::string& asked, const TagChecker::Outcome& outcome) {
  const std::string tag = "the tag " + quoted(asked);
  if (!outcome.tag.empty()) return tag + " goes out as " + quoted(outcome.tag);
  switch (outcome.why) {
    case TagChecker::Why::reserved:
      return tag + " is left out: the Agent would obey it";
    case TagChecker::Why::key:
      return tag + " is left out: its key is not one of those that metrics of requests may have";
    default:
      return tag + " is left out";
  }
}

// Gives each tag as it goes out; one that does not is empty.
Result<std::vector<std::string>> ask(TagChecker& checker,
                                     const std::vector<Tag>& tags,
                                     std::vector<std::string>& warnings) {
  std::vector<std::string> sent;
  for (const TagChecker::Outcome& outcome :
       checker.check(llm::info(llm::Metric::requests).name, std::span<const Tag>{tags})) {
    const std::string asked = text_of(tags[sent.size()]);
    if (outcome.refuses_call) return Error{"the tag policy refuses the tag " + quoted(asked)};
    if (outcome.tag != asked) warnings.push_back(fate_of(asked, outcome));
    sent.push_back(outcome.tag);
  }
  return sent;
}

std::optional<Error> refuse_own_keys(const std::vector<OwnedTag>& tags) {
  for (const OwnedTag& tag : tags) {
    for (const auto& [key, option] : kOwnKeys) {
      if (tag.key != key) continue;
      return Error{"--tags: " + quoted(text_of({tag.key, tag.value})) +
                   " has an option of its own, " + std::string{option}};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Error> settle_tags(LlmPlan& plan) {
  if (auto error = refuse_own_keys(plan.emit.tags)) return error;
  Result<TagChecker> checker = TagChecker::from(plan.emit.options.tag_policy);
  if (!checker) return about("--policy", checker.error());
  const auto labels = ask(*checker, tags_of(plan.labels), plan.warnings);
  if (!labels) return labels.error();
  std::vector<Tag> more;
  for (const OwnedTag& tag : plan.emit.tags) more.push_back({tag.key, tag.value});
  const auto sent = ask(*checker, more, plan.warnings);
  if (!sent) return sent.error();
  for (const std::string& tag : *sent) {
    const auto colon = tag.find(':');
    if (tag.empty()) continue;
    plan.emit.options.global_tags.push_back(
        {tag.substr(0, colon), colon == std::string::npos ? "" : tag.substr(colon + 1)});
  }
  plan.emit.tags.clear();
  return std::nullopt;
}

}  // namespace pawl::tools
