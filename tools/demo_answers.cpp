#include "tools/demo_answers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tools/demo_report.h"

namespace pawl::tools {
namespace {

using std::string_view;
using Lines = std::vector<std::string>;

// What arrived of one metric for one value of a tag.
struct Group {
  double count = 0;
  AgentSketch sketch;

  double mean() const {
    const auto samples = static_cast<double>(sketch.count());
    return samples == 0 ? 0 : sketch.sum() / samples;
  }
};
using Groups = std::map<std::string, Group>;
// A number for each value of a tag; nothing for those without data.
using Numbers = std::map<std::string, double>;

std::optional<std::string> value_of(const Context& context, string_view key) {
  for (const std::string& tag : context.tags) {
    const auto colon = tag.find(':');
    if (string_view{tag}.substr(0, colon) == key) return tag.substr(colon + 1);
  }
  return std::nullopt;
}

bool has(const Context& context, string_view tag) {
  return tag.empty() ||
         std::find(context.tags.begin(), context.tags.end(), tag) != context.tags.end();
}

// As a query groups: sum:NAME{WITH} by {KEY}.
Groups group(const Store& arrived, string_view name, string_view key, string_view with = {}) {
  Groups groups;
  for (const auto& [context, held] : arrived.contexts()) {
    if (context.name != name || !has(context, with)) continue;
    const auto value = value_of(context, key);
    if (!value) continue;
    Group& found = groups[*value];
    found.count += static_cast<double>(held.whole);
    found.sketch.merge(held.sketch);
  }
  return groups;
}

std::uint64_t rounded(double number) { return static_cast<std::uint64_t>(std::llround(number)); }

double count_of(const Groups& groups, const std::string& value) {
  const auto found = groups.find(value);
  return found == groups.end() ? 0 : found->second.count;
}

Numbers ratio(const Groups& parts, const Groups& wholes) {
  Numbers numbers;
  for (const auto& [value, whole] : wholes) {
    if (whole.count > 0) numbers[value] = count_of(parts, value) / whole.count;
  }
  return numbers;
}

auto highest(const Numbers& numbers) {
  return std::max_element(numbers.begin(), numbers.end(), [](const auto& left, const auto& right) {
    return left.second < right.second;
  });
}

// "0.81 % with 2026-06-01.1, 0.79 % with 2026-06-01.2"; `format` is of one number.
std::string listed(const Numbers& numbers, const char* format, const std::string& but = {}) {
  Lines parts;
  for (const auto& [value, number] : numbers) {
    if (value == but) continue;
    parts.push_back(fmt::format(fmt::runtime(format), number) + " with " + value);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

Numbers in_percent(Numbers numbers) {
  for (auto& [value, number] : numbers) number *= 100;
  return numbers;
}

// A version is to blame when it is at least three times as bad as the worst of the rest.
std::string who_broke_the_json(const Store& arrived) {
  const Numbers rates = in_percent(ratio(group(arrived, "llm.json_invalid", "prompt_version"),
                                         group(arrived, "llm.requests", "prompt_version")));
  Numbers rest = rates;
  const auto worst = highest(rates);
  if (worst == rates.end()) return "no request arrived";
  rest.erase(worst->first);
  const std::string numbers = listed(rates, "{:.2f} %");
  if (rest.empty() || worst->second < 3 * highest(rest)->second) {
    return "none stands out: " + numbers;
  }
  return fmt::format(
      "{}: {:.2f} % of its responses; {}", worst->first, worst->second, listed(rest, "{:.2f} %"));
}

// Each request of the agent calls one tool, so its requests are the tool calls.
std::string whose_tools_time_out(const Store& arrived) {
  const Groups calls = group(arrived, "llm.requests", "model", "feature:support_agent");
  const Groups timeouts = group(arrived, "llm.tool_failures", "model", "error_type:timeout");
  const Numbers rates = in_percent(ratio(timeouts, calls));
  const auto worst = highest(rates);
  if (worst == rates.end()) return "no tool was called";
  return fmt::format("{}: {:.1f} % ({} of {} calls); {}",
                     worst->first,
                     worst->second,
                     grouped(rounded(count_of(timeouts, worst->first))),
                     grouped(rounded(count_of(calls, worst->first))),
                     listed(rates, "{:.1f} %", worst->first));
}

// What failed cost something too.
Numbers costs_a_success(const Store& arrived) {
  Numbers costs;
  const Groups dollars = group(arrived, "llm.estimated_cost_usd", "prompt_version");
  for (const auto& [version, requests] :
       group(arrived, "llm.requests", "prompt_version", "status:ok")) {
    const auto found = dollars.find(version);
    if (found != dollars.end()) costs[version] = found->second.sketch.sum() / requests.count;
  }
  return costs;
}

std::string what_the_release_costs(const Store& arrived) {
  const Numbers costs = costs_a_success(arrived);
  if (costs.size() < 2) return "there was no release yet";
  const auto latest = std::prev(costs.end());
  const auto before = std::prev(latest);
  const double change = 100 * (latest->second / before->second - 1);
  const string_view verdict = change >= 5 ? "yes" : change <= -5 ? "no" : "hardly";
  return fmt::format("{}, by {:+.0f} %: ${:.6f} with {}, ${:.6f} with {}",
                     verdict,
                     change,
                     latest->second,
                     latest->first,
                     before->second,
                     before->first);
}

double zeros(const AgentSketch& sketch) {
  double count = 0;
  for (const auto& [key, samples] : sketch.bins()) {
    if (key == 0) count += static_cast<double>(samples);
  }
  return count;
}

Numbers misses(const Store& arrived) {
  Numbers shares;
  for (const auto& [version, hits] : group(arrived, "llm.retrieval.hit_count", "prompt_version")) {
    shares[version] = 100 * zeros(hits.sketch) / static_cast<double>(hits.sketch.count());
  }
  return shares;
}

Numbers means(const Store& arrived, string_view name, string_view key) {
  Numbers numbers;
  for (const auto& [value, each] : group(arrived, name, key)) numbers[value] = each.mean();
  return numbers;
}

// Compares the last version with the one before it.
std::string trend(string_view what, const Numbers& numbers, const char* format) {
  if (numbers.size() < 2) return fmt::format("{}: too early to say", what);
  const auto last = std::prev(numbers.end());
  return fmt::format("{}: {}, to {} with {}; {}",
                     what,
                     last->second < std::prev(last)->second ? "down" : "up",
                     fmt::format(fmt::runtime(format), last->second),
                     last->first,
                     listed(numbers, format, last->first));
}

Lines how_answers_change(const Store& arrived) {
  return {trend("searches without a hit", misses(arrived), "{:.1f} %"),
          trend("correctness", means(arrived, "llm.eval.correctness", "prompt_version"), "{:.3f}")};
}

Lines whose_p95_it_is(const Store& arrived) {
  Lines lines;
  for (const auto& [feature, all] : group(arrived, "llm.latency_ms", "feature")) {
    std::string line = fmt::format("{:<15}", feature);
    for (const auto& [model, latency] :
         group(arrived, "llm.latency_ms", "model", "feature:" + feature)) {
      line += fmt::format("{} {:>6} ms   ", model, grouped(rounded(latency.sketch.quantile(0.95))));
    }
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  return lines;
}

}  // namespace

Lines answers_in_words(const Store& arrived) {
  const std::pair<string_view, Lines> answers[] = {
      {"Which prompt version caused the malformed JSON?", {who_broke_the_json(arrived)}},
      {"Which model has the highest timeout rate for tool calls?", {whose_tools_time_out(arrived)}},
      {"Did the latest prompt release increase the cost per successful request?",
       {what_the_release_costs(arrived)}},
      {"Are retrieval misses or evals trending down?", how_answers_change(arrived)},
      {"Which p95 latency belongs to which model and feature?", whose_p95_it_is(arrived)},
  };
  Lines lines;
  for (const auto& [question, answer] : answers) {
    lines.push_back("  " + std::string{question});
    for (const std::string& line : answer) lines.push_back("    " + line);
  }
  return lines;
}

}  // namespace pawl::tools
