#include "tools/summary.h"

#include <functional>

#include "tools/arguments.h"
#include "tools/show.h"

namespace pawl::tools {
namespace {

constexpr std::size_t kMaxContexts = 1'000'000;
constexpr std::size_t kMaxSketches = 1'000;
constexpr std::size_t kShownSketches = 20;
constexpr std::size_t kMaxKept = 20;

void append(std::string& out, std::uint64_t number, std::string_view noun) {
  if (!out.empty()) out += ", ";
  out += std::to_string(number);
  out += ' ';
  out += noun;
  if (number != 1) out += 's';
}

void append_unless_none(std::string& out, std::uint64_t number, std::string_view noun) {
  if (number != 0) append(out, number, noun);
}

}  // namespace

void Summary::add(const Item& item) {
  if (item.kind == Kind::event) ++events_;
  if (item.kind == Kind::check) ++checks_;
  if (item.kind != Kind::metric) return;
  ++metrics_;
  values_ += item.values.size();
  const Context context{item};
  add_context(context);
  if (item.type == "d") add_to_sketch(context, item);
}

void Summary::add_to_sketch(const Context& context, const Item& metric) {
  if (sketches_.size() == kMaxSketches && sketches_.count(context) == 0) {
    more_sketches_ = true;
    return;
  }
  AgentSketch& sketch = sketches_[context];
  for (const Value& value : metric.values) sketch.insert(to_number(value), metric.rate);
}

void Summary::add_context(const Context& context) {
  std::string key = context.type + '|' + context.name;
  for (const std::string& tag : context.tags) key.append(1, ',').append(tag);
  const std::size_t hash = std::hash<std::string>{}(key);
  if (contexts_.size() < kMaxContexts) {
    contexts_.insert(hash);
  } else if (contexts_.count(hash) == 0) {
    more_contexts_ = true;
  }
}

void Summary::reject(std::string_view reason, std::string_view line) {
  ++rejected_;
  if (kept_.size() == kMaxKept) return;
  kept_.push_back("rejected: " + std::string{reason} + ": " + printable(line));
}

void Summary::append_sketches(std::string& out) const {
  std::size_t shown = 0;
  for (const auto& [context, sketch] : sketches_) {
    if (shown == kShownSketches) break;
    out += "pawl: " + to_line(context, sketch) + "\n";
    ++shown;
  }
  if (more_sketches_) {
    out += "pawl: and more than " + std::to_string(kMaxSketches - shown) + " distributions more\n";
  } else if (sketches_.size() > shown) {
    out += "pawl: and " + std::to_string(sketches_.size() - shown) + " more distributions\n";
  }
}

std::string Summary::text(const Traffic& traffic) const {
  std::string numbers;
  append(numbers, metrics_, "metric");
  append(numbers, values_, "value");
  append(numbers, contexts_.size(), more_contexts_ ? "or more context" : "context");
  append(numbers, events_, "event");
  append(numbers, checks_, "check");
  append(numbers, traffic.payloads, "datagram");
  append(numbers, traffic.bytes, "byte");
  append(numbers, rejected_, "rejected line");
  append_unless_none(numbers, traffic.long_datagrams, "long datagram");
  append_unless_none(numbers, traffic.long_frames, "long frame");
  append_unless_none(numbers, traffic.torn_frames, "torn frame");
  std::string out = "pawl: received " + numbers + "\n";
  if (traffic.long_datagrams + traffic.long_frames != 0) {
    out += "pawl: long: an Agent cuts datagrams, and hangs up on frames, beyond 8192 bytes\n";
  }
  append_sketches(out);
  for (const std::string& line : kept_) out += "pawl: " + line + "\n";
  if (rejected_ > kept_.size()) {
    out += "pawl: and " + std::to_string(rejected_ - kept_.size()) + " more rejected\n";
  }
  return out;
}

}  // namespace pawl::tools
