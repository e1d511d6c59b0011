#include "fuzz/sketch_input.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include <pawl/pawl.h>

#include "contract/sketch_agents.h"
#include "contract/sketch_data.h"
#include "support/tally.h"

namespace pawl::test {
namespace {

using Input = std::span<const std::uint8_t>;

constexpr std::size_t kMostSamples = 6'000;
constexpr std::array<std::size_t, 4> kDatagramBytes{1432, 8192, 128, 512};

Client make_client(const std::shared_ptr<InMemoryTransport>& transport) {
  Options options;
  options.origin_detection = Switch::off;
  options.telemetry = Switch::off;
  options.background = Background::manual;
  options.environment = Switch::off;
  options.transport = transport;
  options.clock = std::make_shared<ManualClock>();
  return std::move(*Client::create(std::move(options)));
}

class Reader {
 public:
  explicit Reader(Input input) noexcept : rest_(input) {}

  std::optional<std::uint8_t> byte() noexcept {
    if (rest_.empty()) return std::nullopt;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  // Missing bytes are 0.
  template <class Number>
  Number number() noexcept {
    Number made{};
    const std::size_t size = std::min(sizeof made, rest_.size());
    if (size != 0) std::memcpy(&made, rest_.data(), size);
    rest_ = rest_.subspan(size);
    return made;
  }

 private:
  Input rest_;
};

using Values = std::map<double, std::int64_t>;

class Program {
 public:
  explicit Program(std::size_t max_datagram_bytes)
      : transport_(std::make_shared<InMemoryTransport>(max_datagram_bytes)),
        client_(make_client(transport_)) {}

  std::string run(Reader reader) {
    for (auto step = reader.byte(); step && complaint_.empty(); step = reader.byte()) {
      take(*step, reader);
    }
    flush();
    const Stats stats = client_.stats();
    if (!stats.balanced() || stats.handed_to_kernel.samples != recorded_) {
      complain("the ledger has other samples than were recorded");
    }
    return complaint_;
  }

 private:
  void take(std::uint8_t step, Reader& reader) {
    switch (step % 7) {
      case 0:
        return record(reader.number<double>(), 1);
      case 1:
        return record(last_, 1U + reader.number<std::uint8_t>());
      case 2:
        return record_near_boundary(reader);
      case 3:
        return record(reader.number<std::int8_t>(), 1);
      case 4:
        return record_data(reader);
      case 5:
        return flush();
      default:
        histogram_ = !histogram_;
    }
  }

  void record_near_boundary(Reader& reader) {
    const auto key = 1 + reader.number<std::uint16_t>() % tools::AgentSketch::kInfinityKey;
    const auto steps = reader.number<std::int8_t>();
    record(std::copysign(beside(first_of_key(key), std::abs(steps) % 8 - 4), steps), 1);
  }

  void record_data(Reader& reader) {
    const auto kind = static_cast<SketchData>(reader.number<std::uint8_t>() % kSketchData);
    const std::size_t count = 1 + 16U * reader.number<std::uint8_t>();
    Random random{count};
    for (const double sample : sketch_data(kind, count, random)) record(sample, 1);
  }

  // More would take the fuzzer's time. What is no number is refused by the client.
  void record(double value, std::size_t times) {
    if (!std::isfinite(value)) return;
    last_ = value;
    for (; times > 0 && recorded_ < kMostSamples; --times) {
      ++recorded_;
      if (histogram_) {
        client_.histogram("h", value);
        ++expected_values_[value];
      } else {
        client_.distribution("d", value);
        expected_.insert(value);
      }
    }
  }

  void flush() {
    client_.flush();
    SketchAgents got;
    Values got_values;
    for (const std::string& payload : transport_->take()) read(payload, got, got_values);
    complain(difference(std::exchange(expected_, {}), got));
    if (std::exchange(expected_values_, {}) != got_values) complain("other values of a histogram");
  }

  void read(const std::string& payload, SketchAgents& got, Values& got_values) {
    const Decoded decoded = decode(payload, {.max_bytes = transport_->max_datagram_bytes()});
    if (decoded.refusal) complain("refused: " + decoded.refusal->reason);
    for (const Metric& metric : decoded.metrics()) {
      if (metric.type == "d") got.insert(metric);
      if (metric.type != "h") continue;
      for (const double value : metric.values) {
        got_values[value] += tools::whole_weight_of(metric.rate);
      }
    }
  }

  void complain(const std::string& complaint) {
    if (complaint_.empty()) complaint_ = complaint;
  }

  const std::shared_ptr<InMemoryTransport> transport_;
  const Client client_;
  SketchAgents expected_;
  Values expected_values_;
  double last_ = 1;
  bool histogram_ = false;
  std::uint64_t recorded_ = 0;
  std::string complaint_;
};

}  // namespace

std::string sketch_difference(Input input) {
  Reader reader{input};
  const std::size_t size = kDatagramBytes[reader.number<std::uint8_t>() % kDatagramBytes.size()];
  return Program{size}.run(reader);
}

}  // namespace pawl::test
