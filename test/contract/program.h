#pragma once
// A random program: calls of every type, and beside them what an Agent must hold afterwards. The
// expectation is kept apart from the library, by the words of the public headers alone.
//
// Threads: a Program belongs to one thread; programs with different numbers touch different gauges,
// so that the last value of each is known.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <pawl/pawl.h>

#include "support/seed.h"
#include "support/tally.h"

namespace pawl::test {

class Program {
 public:
  Program(const Client& client, std::size_t number)
      : client_(client), random_(1'000 + number), number_(std::to_string(number)) {}

  // Makes one call.
  void step() {
    switch (random_.below(11)) {
      case 0:
      case 1:
      case 2:
        return count();
      case 3:
        return gauge();
      case 4:
        return sample("h");
      case 5:
      case 6:
        return sample("d");
      case 7:
        return sample("ms");
      case 8:
        return member();
      case 9:
        return many();
      default:
        return rare();
    }
  }

  const Tally& expected() const { return expected_; }
  std::uint64_t samples() const { return samples_; }  // calls; values where a call has many
  std::int64_t counted() const { return counted_; }

 private:
  // Two tags in either order, so that contexts come from more than one shape.
  struct Labels {
    std::vector<std::string> texts;
    std::vector<Tag> tags;
  };
  Labels labels() {
    static constexpr std::array<Tag, 6> kZones{
        {{"zone", "a"}, {"zone", "b"}, {"zone", "c"}, {"zone", "d"}, {"zone", "e"}, {"zone", "f"}}};
    static constexpr std::array<Tag, 3> kTiers{{{"tier", "hot"}, {"tier", "cold"}, {"canary", ""}}};
    Tag zone = random_.pick(kZones);
    Tag tier = random_.pick(kTiers);
    Labels made;
    for (const Tag& tag : {zone, tier})
      made.texts.push_back(std::string{tag.key} + (tag.value.empty() ? "" : ":") +
                           std::string{tag.value});
    if (random_.chance(0.5)) std::swap(zone, tier);
    made.tags = {zone, tier};
    return made;
  }

  Metric metric(std::string type, std::string name, const Labels& labels) {
    ++samples_;
    Metric metric;
    metric.type = std::move(type);
    metric.name = std::move(name);
    metric.tags = labels.texts;
    return metric;
  }

  void count() {
    const Labels at = labels();
    const std::int64_t value = random_.between(-1'000, 5'000);
    client_.count("prog.count", value, at.tags);
    counted_ += value;
    expect(metric("c", "prog.count", at), static_cast<double>(value));
  }
  void gauge() {
    const Labels at = labels();
    const double value = random_.real();
    client_.gauge("prog.gauge" + number_, value, at.tags);
    expect(metric("g", "prog.gauge" + number_, at), value);
  }
  void sample(const std::string& type) {
    const Labels at = labels();
    const double value = random_.real() * 1e6;
    if (type == "h") client_.histogram("prog.sample", value, at.tags);
    if (type == "d") client_.distribution("prog.sample", value, at.tags);
    if (type == "ms")
      client_.timing("prog.sample", std::chrono::duration<double, std::milli>{value}, at.tags);
    expect(metric(type, "prog.sample", at), value);
  }
  void member() {
    const Labels at = labels();
    Metric inserted = metric("s", "prog.set", at);
    inserted.set_value = "m" + std::to_string(random_.below(200));
    client_.set("prog.set", inserted.set_value, at.tags);
    expected_.add(inserted);
  }
  void many() {
    const Labels at = labels();
    std::vector<double> values(random_.below(20));
    for (double& value : values) value = random_.real();
    client_.distribution("prog.many", values, at.tags);
    for (const double value : values) expect(metric("d", "prog.many", at), value);
  }
  void rare() {
    const Labels at = labels();
    const std::int64_t seconds = random_.between(1'600'000'000, 1'700'000'000);
    const std::int64_t value = random_.between(1, 9);
    client_.count_at("prog.at",
                     value,
                     std::chrono::system_clock::time_point{std::chrono::seconds{seconds}},
                     at.tags);
    counted_ += value;
    Metric point = metric("c", "prog.at", at);
    point.timestamp = seconds;
    expect(std::move(point), static_cast<double>(value));
  }

  void expect(Metric metric, double value) {
    metric.values = {value};
    expected_.add(metric);
  }

  const Client& client_;
  Random random_;
  const std::string number_;
  Tally expected_;
  std::uint64_t samples_ = 0;
  std::int64_t counted_ = 0;
};

// Adds all that `part` expects to `all`.
inline void merge(Tally& all, const Tally& part) {
  for (const auto& [context, held] : part.contexts()) {
    Metric metric;
    metric.type = context.type;
    metric.name = context.name;
    metric.tags = context.tags;
    const auto add = [&](double value) {
      metric.values = {value};
      all.add(metric);
    };
    if (context.type == "c" && held.points.empty()) add(held.count);
    if (held.gauge) add(*held.gauge);
    for (const std::string& member : held.members) {
      metric.set_value = member;
      metric.values.clear();
      all.add(metric);
    }
    for (const auto& sample : held.samples) add(sample.value);
    for (const auto& [at, value] : held.points) {
      metric.timestamp = at;
      add(value);
    }
  }
}

}  // namespace pawl::test
