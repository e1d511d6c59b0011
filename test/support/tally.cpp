#include "support/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <variant>

namespace pawl::test {
namespace {

// A double from 2^63 on has no int64, and casting it would be undefined.
std::int64_t truncated_weight(double rate) {
  constexpr double kTooLarge = 9223372036854775808.0;
  const double weight = 1 / rate;
  if (weight >= kTooLarge) return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(weight);
}

void add_values(const Metric& metric, Held& held) {
  for (const double value : metric.values) {
    if (metric.timestamp) {
      held.points.emplace_back(*metric.timestamp, value);
    } else if (metric.type == "c") {
      held.count += value * (1 / metric.rate);
    } else if (metric.type == "g") {
      held.gauge = value;
    } else {
      held.samples.push_back({value, truncated_weight(metric.rate)});
      held.sum += value * (1 / metric.rate);
    }
  }
}

bool close(double a, double b, double relative) {
  return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b));
}

bool same(const Held& a, const Held& b, double relative) {
  auto a_points = a.points;
  auto b_points = b.points;
  std::sort(a_points.begin(), a_points.end());
  std::sort(b_points.begin(), b_points.end());
  return close(a.count, b.count, relative) && close(a.sum, b.sum, relative) && a.gauge == b.gauge &&
         a.members == b.members && a.sorted() == b.sorted() && a_points == b_points;
}

std::ostringstream exact_stream() {
  std::ostringstream out;
  out.precision(std::numeric_limits<double>::max_digits10);
  return out;
}

void print_samples(std::ostringstream& out, const Held& held) {
  constexpr std::size_t kShown = 8;
  out << " samples=" << held.samples.size() << " weight=" << held.weight() << " sum=" << held.sum;
  for (std::size_t i = 0; i < std::min(kShown, held.samples.size()); ++i) {
    out << (i == 0 ? " [" : " ") << held.samples[i].value << "*" << held.samples[i].weight;
  }
  out << (held.samples.size() > kShown ? " ...]" : "]");
}

}  // namespace

Context::Context(std::string type_text, std::string name_text, std::vector<std::string> tag_list)
    : type(std::move(type_text)), name(std::move(name_text)), tags(std::move(tag_list)) {
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
}

std::int64_t Held::weight() const {
  std::int64_t total = 0;
  for (const Sample& sample : samples) total += sample.weight;
  return total;
}

std::vector<Sample> Held::sorted() const {
  std::vector<Sample> ordered = samples;
  std::sort(ordered.begin(), ordered.end(), [](const Sample& a, const Sample& b) {
    return a.value != b.value ? a.value < b.value : a.weight < b.weight;
  });
  return ordered;
}

std::optional<Refusal> Tally::feed(std::string_view payload, Limits limits) {
  ++payloads_;
  bytes_ += payload.size();
  const Decoded decoded = decode(payload, limits);
  for (const Metric& metric : decoded.metrics()) add(metric);
  for (const Event& event : decoded.events()) events_.push_back(event);
  for (const ServiceCheck& check : decoded.service_checks()) service_checks_.push_back(check);
  if (decoded.refusal) refusals_.push_back(*decoded.refusal);
  return decoded.refusal;
}

void Tally::feed_all(const std::vector<std::string>& payloads, Limits limits) {
  for (const std::string& payload : payloads) feed(payload, limits);
}

void Tally::add(const Metric& metric) {
  ++metric_lines_;
  Held& held = contexts_[Context(metric.type, metric.name, metric.tags)];
  if (metric.type == "s") held.members.insert(metric.set_value);
  add_values(metric, held);
}

const Held& Tally::of(const Context& context) const {
  static const Held kNothing;
  const auto found = contexts_.find(context);
  return found == contexts_.end() ? kNothing : found->second;
}

double Tally::count(std::string name, std::vector<std::string> tags) const {
  return of(Context("c", std::move(name), std::move(tags))).count;
}

std::optional<double> Tally::gauge(std::string name, std::vector<std::string> tags) const {
  return of(Context("g", std::move(name), std::move(tags))).gauge;
}

Tally Tally::without(std::string_view prefix) const {
  Tally rest = *this;
  std::erase_if(rest.contexts_,
                [&](const auto& entry) { return entry.first.name.starts_with(prefix); });
  return rest;
}

std::string Tally::dump() const {
  std::string text;
  for (const auto& [context, held] : contexts_) {
    text += to_string(context) + " =" + to_string(held) + "\n";
  }
  for (const Refusal& refusal : refusals_) text += "refused: " + refusal.reason + "\n";
  return text;
}

std::string to_string(const Context& context) {
  std::string text = context.name + "|" + context.type;
  for (std::size_t i = 0; i < context.tags.size(); ++i) {
    text += (i == 0 ? "|#" : ",") + context.tags[i];
  }
  return text;
}

std::string to_string(const Held& held) {
  std::ostringstream out = exact_stream();
  if (held.count != 0) out << " count=" << held.count;
  if (held.gauge) out << " gauge=" << *held.gauge;
  for (const std::string& member : held.members) out << " member=" << printable(member);
  if (!held.samples.empty()) print_samples(out, held);
  for (const auto& [at, value] : held.points) out << " T" << at << "=" << value;
  return out.str().empty() ? " nothing" : out.str();
}

std::string difference(const Tally& expected, const Tally& got, double relative) {
  std::set<Context> all;
  for (const auto& [context, held] : expected.contexts()) all.insert(context);
  for (const auto& [context, held] : got.contexts()) all.insert(context);
  std::string text;
  for (const Context& context : all) {
    const Held& wanted = expected.of(context);
    const Held& found = got.of(context);
    if (same(wanted, found, relative)) continue;
    text +=
        to_string(context) + ": expected" + to_string(wanted) + "; got" + to_string(found) + "\n";
  }
  return text;
}

}  // namespace pawl::test
