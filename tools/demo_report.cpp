#include "tools/demo_report.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace pawl::tools {
namespace {

using std::string_view;
using Lines = std::vector<std::string>;

constexpr std::size_t kShownDifferences = 5;

std::uint64_t amount_of(const Held& held, string_view type) {
  return static_cast<std::uint64_t>(type == "c" ? held.whole : held.weight());
}

// One metric's contexts together.
struct MetricSum {
  std::string type;
  std::uint64_t contexts = 0;
  std::uint64_t recorded = 0;
  std::uint64_t arrived = 0;
  std::uint64_t different = 0;
};

std::map<std::string, MetricSum> sum_by_metric(const DemoResult& result) {
  std::map<std::string, MetricSum> sums;
  for (const auto& [context, held] : result.recorded.contexts()) {
    MetricSum& sum = sums[context.name];
    sum.type = context.type;
    ++sum.contexts;
    sum.recorded += amount_of(held, context.type);
  }
  for (const auto& [context, held] : result.arrived.contexts()) {
    MetricSum& sum = sums[context.name];
    sum.type = context.type;
    sum.arrived += amount_of(held, context.type);
  }
  for (const Context& context : differences(result.recorded, result.arrived)) {
    ++sums[context.name].different;
  }
  return sums;
}

std::string tag_list(const Context& context) {
  return fmt::format("{}", fmt::join(context.tags, ","));
}

// What one prompt version did.
struct VersionSum {
  std::uint64_t requests = 0;
  std::uint64_t invalid = 0;
  double cost = 0;

  double rate() const {
    return requests == 0 ? 0 : static_cast<double>(invalid) / static_cast<double>(requests);
  }
  double cost_a_request() const { return requests == 0 ? 0 : cost / static_cast<double>(requests); }
};
using Versions = std::map<std::string, VersionSum>;

std::string value_of(const Context& context, string_view key) {
  for (const std::string& tag : context.tags) {
    const auto colon = tag.find(':');
    if (string_view{tag}.substr(0, colon) == key) return tag.substr(colon + 1);
  }
  return {};
}

Versions sum_by_version(const Store& arrived) {
  Versions versions;
  for (const auto& [context, held] : arrived.contexts()) {
    const std::string version = value_of(context, "prompt_version");
    if (version.empty()) continue;
    VersionSum& sum = versions[version];
    if (context.name == "llm.requests") sum.requests += amount_of(held, "c");
    if (context.name == "llm.json_invalid") sum.invalid += amount_of(held, "c");
    if (context.name == "llm.estimated_cost_usd") sum.cost += held.sum();
  }
  return versions;
}

VersionSum others(const Versions& versions, const std::string& but) {
  VersionSum rest;
  for (const auto& [version, sum] : versions) {
    if (version == but) continue;
    rest.requests += sum.requests;
    rest.invalid += sum.invalid;
    rest.cost += sum.cost;
  }
  return rest;
}

// Gives the version whose JSON is worst, when it is at least three times as bad as that of the
// rest.
std::optional<std::string> culprit(const Versions& versions) {
  const auto worst =
      std::max_element(versions.begin(), versions.end(), [](const auto& left, const auto& right) {
        return left.second.rate() < right.second.rate();
      });
  if (worst == versions.end()) return std::nullopt;
  const VersionSum rest = others(versions, worst->first);
  const bool stands_out = rest.requests > 0 && worst->second.rate() > 3 * rest.rate();
  return stands_out ? std::optional{worst->first} : std::nullopt;
}

std::string conclusion(const Versions& versions, const std::optional<std::string>& worst) {
  if (!worst) return "  None stands out so far; the bad release comes half-way.";
  const VersionSum& bad = versions.at(*worst);
  const VersionSum rest = others(versions, *worst);
  const std::string times = rest.invalid == 0 ? "no other breaks any"
                                              : fmt::format("{:.0f} times the rate of the others",
                                                            bad.rate() / rest.rate());
  return fmt::format("  {}: {}, at {:.1f} times the cost a request.",
                     *worst,
                     times,
                     bad.cost_a_request() / rest.cost_a_request());
}

// As if every call had sent its value in a line and a datagram of its own. A count's value would
// have been 1.
std::uint64_t bytes_of_a_datagram_a_call(const DemoResult& result) {
  std::uint64_t bytes = 0;
  for (const auto& [context, lengths] : result.lengths) {
    const bool count = context.type == "c";
    const std::uint64_t calls =
        count ? amount_of(result.recorded.of(context), "c") : lengths.value_count;
    bytes += calls * lengths.without_values + (count ? calls : lengths.values);
  }
  return bytes;
}

std::string ledger_line(const Stats& stats) {
  return fmt::format("{} called = {} handed to the kernel + {} rejected + {} dropped + {} pending",
                     grouped(stats.called.samples),
                     grouped(stats.handed_to_kernel.samples),
                     grouped(stats.rejected_total().samples),
                     grouped(stats.dropped.total().samples),
                     grouped(stats.pending.samples));
}

}  // namespace

bool DemoResult::complete() const {
  return differences(recorded, arrived).empty() && refused_lines == 0 &&
         stats.called.samples == calls && stats.handed_to_kernel.samples == calls;
}

Lines compare_in_words(const DemoResult& result) {
  Lines lines{
      fmt::format("  {:<24}{:>9}{:>14}{:>14}", "metric", "contexts", "recorded", "arrived")};
  for (const auto& [name, sum] : sum_by_metric(result)) {
    const std::string verdict =
        sum.different == 0 ? "equal" : fmt::format("{} contexts DIFFER", sum.different);
    lines.push_back(fmt::format("  {:<24}{:>9}{:>14}{:>14}   {}",
                                name,
                                sum.contexts,
                                grouped(sum.recorded),
                                grouped(sum.arrived),
                                verdict));
  }
  const std::vector<Context> different = differences(result.recorded, result.arrived);
  for (std::size_t i = 0; i < std::min(different.size(), kShownDifferences); ++i) {
    lines.push_back("  DIFFERS: " + different[i].name + " {" + tag_list(different[i]) + "}");
  }
  lines.push_back(fmt::format("  {} contexts compared value by value, {} differ; {} lines refused",
                              result.recorded.contexts().size(),
                              different.size(),
                              result.refused_lines));
  return lines;
}

Lines answer_in_words(const Store& arrived) {
  const Versions versions = sum_by_version(arrived);
  const auto worst = culprit(versions);
  Lines lines{fmt::format("  {:<16}{:>12}{:>12}{:>9}{:>18}",
                          "prompt_version",
                          "requests",
                          "malformed",
                          "rate",
                          "cost a request")};
  for (const auto& [version, sum] : versions) {
    lines.push_back(fmt::format("  {:<16}{:>12}{:>12}{:>7.2f} %{:>18}{}",
                                version,
                                grouped(sum.requests),
                                grouped(sum.invalid),
                                100 * sum.rate(),
                                fmt::format("${:.6f}", sum.cost_a_request()),
                                worst == version ? "   <- this one" : ""));
  }
  lines.push_back(conclusion(versions, worst));
  return lines;
}

Lines costs_in_words(const DemoResult& result) {
  const std::uint64_t alone = bytes_of_a_datagram_a_call(result);
  return {
      fmt::format("  a call         {:.1f} ns in the serving thread (median of {} batches)",
                  result.ns_a_call,
                  grouped(result.batches)),
      fmt::format("  on the wire    {} datagrams, {} for {} calls",
                  grouped(result.datagrams),
                  in_bytes(result.bytes),
                  grouped(result.calls)),
      fmt::format("  otherwise      a datagram a call: {} datagrams, {}, {:.0f} ns for each send",
                  grouped(result.calls),
                  in_bytes(alone),
                  result.ns_a_send),
      "  the ledger     " + ledger_line(result.stats),
      fmt::format("                 lost {}", grouped(result.stats.dropped.total().samples)),
  };
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string in_bytes(std::uint64_t bytes) {
  if (bytes < 10'000) return grouped(bytes) + " B";
  if (bytes < 10'000'000) return grouped((bytes + 500) / 1000) + " kB";
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

}  // namespace pawl::tools
