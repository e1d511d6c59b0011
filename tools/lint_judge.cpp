#include "tools/lint_judge.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/arguments.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Json = nlohmann::ordered_json;
using Why = TagChecker::Why;

constexpr std::size_t kMostTags = 100;
constexpr std::size_t kMaxNameBytes = 200;

string_view reason(Why why) {
  switch (why) {
    case Why::repaired:
      return "it does not fit the wire";
    case Why::reserved:
      return "the Agent would obey it";
    case Why::key:
      return "the policy does not let the key pass";
    case Why::value:
      return "the policy does not let the value pass";
    case Why::renamed:
      return "the policy renames the key";
    case Why::passed:
      break;
  }
  return "it passes";
}

// What clients say of themselves has passed no policy.
bool is_of_client(const Item& item) {
  return item.kind == Kind::metric &&
         (item.name.starts_with("datadog.dogstatsd.client.") || item.name == "pawl.tags_refused");
}

// As a call would say it.
Tag to_tag(string_view text) {
  const auto colon = text.find(':');
  if (colon == string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// Gives a metric's name as a client would write it.
std::string name_on_wire(string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  std::string made{std::find_if(name.begin(), name.end(), is_letter), name.end()};
  for (char& c : made)
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '.') c = '_';
  return made;
}

std::string quantity(std::uint64_t number, string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

// Strangers' bytes, which must not end the line or break the JSON.
std::string dumped(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

LintJudge::LintJudge(TagChecker checker, Settings settings, Output& output)
    : checker_(std::move(checker)),
      settings_(std::move(settings)),
      output_(output),
      keys_(settings_.max_values) {}

bool LintJudge::is_global(string_view tag) const {
  const string_view key = to_tag(tag).key;
  const auto& keys = settings_.global_keys;
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

void LintJudge::take(std::uint64_t number, string_view line) {
  ++lines_;
  const Result<Item> item = decode_line(line);
  if (!item) return reject(number, item.error().message, line);
  switch (judge(number, *item)) {
    case Verdict::clean:
      ++clean_;
      break;
    case Verdict::changed:
      ++changed_;
      break;
    case Verdict::refused:
      ++refused_;
      break;
  }
}

void LintJudge::take_too_long(std::uint64_t number, string_view beginning) {
  ++lines_;
  reject(number, "the line is longer than an Agent reads", beginning);
}

void LintJudge::reject(std::uint64_t number, string_view why, string_view line) {
  ++rejected_;
  tell_rejected(number, why, line);
}

void LintJudge::tell_rejected(std::uint64_t number, string_view why, string_view line) {
  if (settings_.json)
    output_.line(dumped({{"line", number}, {"rejected", why}, {"text", printable(line)}}));
  else
    output_.line(fmt::format("line {}: rejected: {}: {}", number, why, printable(line)));
}

LintJudge::Verdict LintJudge::judge(std::uint64_t number, const Item& item) {
  if (is_of_client(item)) return Verdict::clean;
  const bool metric = item.kind == Kind::metric;
  const std::string what =
      metric ? item.name : fmt::format("{} {}", to_string(item.kind), printable(item.name));
  if (item.tags.size() > kMostTags) {
    tell_rejected(number, "there are more than 100 tags", what);
    return Verdict::refused;
  }
  std::vector<Tag> tags;
  tags.reserve(item.tags.size());
  for (const std::string& tag : item.tags) tags.push_back(to_tag(tag));
  const auto outcomes = checker_.check(metric ? string_view{item.name} : string_view{}, tags);
  Verdict verdict = metric ? judge_name(number, item.name) : Verdict::clean;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    verdict = std::max(verdict, judge_tag(number, what, item.tags[i], outcomes[i]));
  if (verdict == Verdict::refused) return verdict;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const std::string& sent = is_global(item.tags[i]) ? item.tags[i] : outcomes[i].tag;
    if (metric && !sent.empty()) keys_.add(sent, item.name);
  }
  return verdict;
}

LintJudge::Verdict LintJudge::judge_name(std::uint64_t number, string_view name) {
  const std::string made = name_on_wire(name);
  if (made == name && name.size() <= kMaxNameBytes) return Verdict::clean;
  if (made.empty() || made.size() > kMaxNameBytes) {
    tell_rejected(number, "the name has no letter, or more than 200 bytes", name);
    return Verdict::refused;
  }
  if (settings_.json)
    output_.line(dumped({{"line", number}, {"metric", name}, {"becomes", made}}));
  else
    output_.line(fmt::format("line {}: {}: the name becomes {}", number, printable(name), made));
  return Verdict::changed;
}

LintJudge::Verdict LintJudge::judge_tag(std::uint64_t number,
                                        string_view what,
                                        string_view tag,
                                        const TagChecker::Outcome& outcome) {
  if (outcome.why == Why::passed || is_global(tag)) return Verdict::clean;
  tell(number, what, tag, outcome);
  return outcome.refuses_call ? Verdict::refused : Verdict::changed;
}

void LintJudge::tell(std::uint64_t number,
                     string_view what,
                     string_view tag,
                     const TagChecker::Outcome& outcome) {
  if (settings_.json) {
    const Json becomes = outcome.tag.empty() ? Json{} : Json(outcome.tag);
    return output_.line(dumped({{"line", number},
                                {"metric", what},
                                {"tag", tag},
                                {"becomes", becomes},
                                {"why", to_string(outcome.why)},
                                {"refused", outcome.refuses_call}}));
  }
  const std::string fate = outcome.refuses_call  ? "refuses the call"
                           : outcome.tag.empty() ? "is left out"
                                                 : "becomes " + printable(outcome.tag);
  output_.line(fmt::format(
      "line {}: {}: {} {}: {}", number, what, printable(tag), fate, reason(outcome.why)));
}

void LintJudge::tell_exploding(const KeyValues::Key& key) {
  if (settings_.json)
    return output_.line(dumped({{"key", key.key},
                                {"values", key.values},
                                {"max_values", settings_.max_values},
                                {"metric", key.metric}}));
  output_.line(fmt::format("key {}: about {} values, more than {}; seen first in {}",
                           printable(key.key),
                           key.values,
                           settings_.max_values,
                           key.metric));
}

void LintJudge::end() {
  const auto exploding = keys_.exploding();
  exploding_ = exploding.size();
  for (const auto& key : exploding) tell_exploding(key);
  if (!keys_.too_many_keys()) return;
  ++exploding_;
  constexpr string_view kWhat = "there are more keys than can be counted";
  output_.line(settings_.json ? dumped({{"keys", KeyValues::kMostKeys}, {"more", kWhat}})
                              : fmt::format("{}: {}", kWhat, KeyValues::kMostKeys));
}

std::string LintJudge::summary() const {
  return fmt::format(
      "{}: {} clean, {} changed, {} refused, {} rejected; {} with more than {} values",
      quantity(lines_, "line"),
      clean_,
      changed_,
      refused_,
      rejected_,
      quantity(exploding_, "key"),
      settings_.max_values);
}

}  // namespace pawl::tools
