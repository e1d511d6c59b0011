#include "tools/store.h"

#include <algorithm>
#include <cmath>

namespace pawl::tools {
namespace {

// Sums wrap, as the client's counters do.
std::int64_t wrapping_sum(std::int64_t left, std::int64_t right) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) +
                                   static_cast<std::uint64_t>(right));
}

void add_count(Held& held, const Value& value, double rate) {
  const auto* whole = std::get_if<std::int64_t>(&value);
  if (whole != nullptr && rate == 1) {
    held.whole = wrapping_sum(held.whole, *whole);
  } else {
    held.rest += to_number(value) / rate;
  }
}

void add_to_values(Held& held, double value, double rate) {
  std::int64_t& count = held.values[value];
  count = wrapping_sum(count, whole_weight_of(rate));
  held.values_sum += value * weight_of(rate);
}

void add_value(Held& held, const Item& item, const Value& value) {
  if (item.timestamp) {
    held.points.emplace_back(*item.timestamp, to_number(value));
  } else if (item.type == "c") {
    add_count(held, value, item.rate);
  } else if (item.type == "g") {
    held.gauge = to_number(value);
  } else if (const auto* member = std::get_if<std::string>(&value)) {
    held.members.insert(*member);
  } else if (item.type == "d") {
    held.sketch.insert(to_number(value), item.rate);
  } else {
    add_to_values(held, to_number(value), item.rate);
  }
}

bool close(double left, double right) {
  constexpr double kRounding = 1e-12;
  return std::abs(left - right) <= kRounding * std::max(std::abs(left), std::abs(right));
}

bool same(const AgentSketch& left, const AgentSketch& right) {
  return left.count() == right.count() && left.min() == right.min() && left.max() == right.max() &&
         left.bins() == right.bins();
}

template <class Element>
std::vector<Element> sorted(std::vector<Element> elements) {
  std::sort(elements.begin(), elements.end());
  return elements;
}

}  // namespace

double to_number(const Value& value) noexcept {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  const auto* number = std::get_if<double>(&value);
  return number == nullptr ? 0 : *number;
}

Context::Context(std::string its_type, std::string its_name, std::vector<std::string> its_tags)
    : type(std::move(its_type)), name(std::move(its_name)), tags(sorted(std::move(its_tags))) {
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
}

Context::Context(const Item& metric) : Context(metric.type, metric.name, metric.tags) {}

std::int64_t Held::weight() const {
  std::int64_t total = sketch.count();
  for (const auto& [value, count] : values) total = wrapping_sum(total, count);
  return total;
}

bool same(const Held& left, const Held& right) {
  return left.whole == right.whole && left.rest == right.rest && left.gauge == right.gauge &&
         left.members == right.members && same(left.sketch, right.sketch) &&
         left.values == right.values && close(left.sum(), right.sum()) &&
         sorted(left.points) == sorted(right.points);
}

void Store::add(const Item& item) {
  if (item.kind != Kind::metric) return;
  Held& held = contexts_[Context{item}];
  for (const Value& value : item.values) add_value(held, item, value);
}

const Held& Store::of(const Context& context) const {
  static const Held kNothing;
  const auto found = contexts_.find(context);
  return found == contexts_.end() ? kNothing : found->second;
}

std::vector<Context> differences(const Store& left, const Store& right) {
  std::vector<Context> found;
  for (const auto& [context, held] : left.contexts_) {
    const auto other = right.contexts_.find(context);
    if (other == right.contexts_.end() || !same(held, other->second)) found.push_back(context);
  }
  for (const auto& [context, held] : right.contexts_) {
    if (left.contexts_.count(context) == 0) found.push_back(context);
  }
  return found;
}

}  // namespace pawl::tools
