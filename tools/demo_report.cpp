#include "tools/demo_report.h"

#include <algorithm>
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

// As if every sample had been a line and a datagram of its own.
std::uint64_t bytes_of_a_datagram_a_sample(const DemoResult& result) {
  std::uint64_t bytes = result.value_bytes;
  for (const auto& [context, without_values] : result.bytes_without_values) {
    bytes += amount_of(result.recorded.of(context), context.type) * without_values;
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
         stats.called.samples == samples && stats.handed_to_kernel.samples == samples &&
         (!traceable() || traces.spans() == spans.finished) && traces.rejected() == 0;
}

Lines spans_in_words(const DemoResult& result, const Lines& tree) {
  if (!result.traceable()) return {"  none: this build of the library has no HTTP"};
  Lines lines;
  for (const std::string& line : tree) lines.push_back("  " + line);
  lines.push_back(fmt::format("  It is one of {}; of {} spans recorded {} arrived.",
                              grouped(result.traces.items()),
                              grouped(result.spans.finished),
                              grouped(result.traces.spans())));
  return lines;
}

Lines compare_in_words(const DemoResult& result) {
  Lines lines{
      fmt::format("  {:<30}{:>9}{:>14}{:>14}", "metric", "contexts", "recorded", "arrived")};
  for (const auto& [name, sum] : sum_by_metric(result)) {
    const std::string verdict =
        sum.different == 0 ? "equal" : fmt::format("{} contexts DIFFER", sum.different);
    lines.push_back(fmt::format("  {:<30}{:>9}{:>14}{:>14}   {}",
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
  lines.push_back(
      fmt::format("  {} contexts compared as an Agent holds them, {} differ; {} lines refused",
                  result.recorded.contexts().size(),
                  different.size(),
                  result.refused_lines));
  return lines;
}

Lines costs_in_words(const DemoResult& result) {
  const std::uint64_t alone = bytes_of_a_datagram_a_sample(result);
  return {
      fmt::format(
          "  a request     {:.0f} ns of the serving thread, {:.0f} ns for each metric of it",
          result.costs.ns_a_request,
          result.costs.ns_a_sample),
      fmt::format("                (medians of {} batches)", grouped(result.costs.batches)),
      fmt::format("  on the wire   {} datagrams, {}, for {} samples of {} requests",
                  grouped(result.datagrams),
                  in_bytes(result.bytes),
                  grouped(result.samples),
                  grouped(result.requests)),
      fmt::format("  otherwise     a datagram a sample: {} datagrams, {}, {:.0f} ns for each send",
                  grouped(result.samples),
                  in_bytes(alone),
                  result.ns_a_send),
      "  the ledger    " + ledger_line(result.stats),
      fmt::format("                lost {}", grouped(result.stats.dropped.total().samples)),
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
