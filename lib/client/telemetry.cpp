#include "client/telemetry.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <pawl/version.h>

#include "base/number.h"
#include "encode/line.h"
#include "tags/normalize.h"

namespace pawl::client {

namespace {

// Collects the lines of one report.
class Report {
 public:
  explicit Report(const Plan& plan)
      : plan_(plan), tags_(fmt::format("client:cpp,client_version:{},", PAWL_VERSION)) {
    tags::Repairs repairs;
    tags::append_tag(tags_, "client_transport", plan.transport->name(), repairs);
  }

  void add(std::string_view name, std::uint64_t value, std::string_view more_tags = {}) {
    add_line(fmt::format("datadog.dogstatsd.client.{}", name), value, more_tags);
  }

  void add_line(std::string line, std::uint64_t value, std::string_view more_tags) {
    if (value == 0) return;
    const std::string tags = more_tags.empty() ? tags_ : fmt::format("{},{}", tags_, more_tags);
    line += ':';
    base::append_number(line, value);
    encode::append_tail(
        line, {.name = {}, .tags = tags, .type = MetricType::count}, plan_.constants);
    lines_.push_back(std::move(line));
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  const Plan& plan_;
  std::string tags_;
  std::vector<std::string> lines_;
};

using Counts = std::array<std::uint64_t, kMetricTypes>;

void add_by_type(Report& report, std::string_view name, const Counts& now, const Counts& before) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kMetricTypes; ++i) sum += now[i] - before[i];
  report.add(name, sum);
  for (std::size_t i = 0; i < kMetricTypes; ++i)
    report.add(fmt::format("{}_by_type", name),
               now[i] - before[i],
               fmt::format("metrics_type:{}", to_string(static_cast<MetricType>(i))));
}

// What was refused because a limit of the client itself was reached, not because it was wrong.
std::uint64_t refused_by_limits(const Stats& stats) noexcept {
  return stats[Reject::context_limit].samples + stats[Reject::member_limit].samples +
         stats[Reject::memory_limit].samples + stats[Reject::no_memory].samples;
}

void add_dropped(Report& report,
                 std::string_view what,
                 std::uint64_t by_queue,
                 std::uint64_t by_writer) {
  report.add(fmt::format("{}_dropped", what), by_queue + by_writer);
  report.add(fmt::format("{}_dropped_queue", what), by_queue);
  report.add(fmt::format("{}_dropped_writer", what), by_writer);
}

}  // namespace

Telemetry::Telemetry(const Plan& plan)
    : plan_(plan), enabled_(plan.telemetry), next_(plan.clock->steady_now() + kInterval) {}

std::vector<std::string> Telemetry::report(const Totals& totals,
                                           const tags::RefusedKeys& keys,
                                           Clock::SteadyTime now) {
  Report report{plan_};
  const Stats& stats = totals.stats;
  const Stats& last = last_.stats;
  add_by_type(report, "metrics", stats.samples_by_type, last.samples_by_type);
  report.add("events", stats.events - last.events);
  report.add("service_checks", stats.service_checks - last.service_checks);
  report.add("metric_dropped_on_receive", refused_by_limits(stats) - refused_by_limits(last));
  const Traffic& traffic = stats.traffic;
  const Traffic& before = last.traffic;
  report.add("packets_sent", traffic.packets_sent - before.packets_sent);
  report.add("bytes_sent", traffic.bytes_sent - before.bytes_sent);
  add_dropped(report,
              "packets",
              traffic.packets_dropped_queue - before.packets_dropped_queue,
              traffic.packets_dropped_writer - before.packets_dropped_writer);
  add_dropped(report,
              "bytes",
              traffic.bytes_dropped_queue - before.bytes_dropped_queue,
              traffic.bytes_dropped_writer - before.bytes_dropped_writer);
  add_by_type(report, "aggregated_context", totals.active_by_type, last_.active_by_type);
  for (const RefusedKey& refused : keys.between(last_.refused_keys, totals.refused_keys))
    report.add_line("pawl.tags_refused", refused.tags, fmt::format("key:{}", refused.key()));
  auto lines = report.take();
  last_ = totals;
  next_ = now + kInterval;
  return lines;
}

}  // namespace pawl::client
