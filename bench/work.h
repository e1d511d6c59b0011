#pragma once

// What every bench records: a name and five tags, about 108 bytes, as an LLM serving loop writes
// them; and the client that it records with.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pawl/pawl.h>

namespace bench {

inline constexpr std::string_view kName = "llm.requests";

// Contexts, and a fixed pseudo-random order in which each of them has its turn. The tags own their
// text, as a program's variables would, and stand ready in arrays.
class Work {
 public:
  static constexpr std::size_t kSteps = 16'384;

  explicit Work(std::size_t contexts) : versions_(contexts), tags_(contexts), order_(kSteps) {
    for (std::size_t i = 0; i < contexts; ++i) {
      versions_[i] = "2026-06-01." + std::to_string(i);
      tags_[i] = {{{"model", "gpt-4.1"},
                   {"prompt_name", "support_triage"},
                   {"prompt_version", versions_[i]},
                   {"feature", "support_agent"},
                   {"env", "prod"}}};
    }
    for (std::size_t i = 0; i < kSteps; ++i) order_[i] = static_cast<std::uint16_t>(i % contexts);
    std::shuffle(order_.begin(), order_.end(), std::mt19937{42});
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  std::size_t size() const noexcept { return tags_.size(); }
  pawl::Tags context(std::size_t number) const noexcept { return tags_[number]; }
  std::size_t number_at(std::size_t step) const noexcept { return order_[step % kSteps]; }
  pawl::Tags at(std::size_t step) const noexcept { return tags_[number_at(step)]; }

 private:
  std::vector<std::string> versions_;
  std::vector<std::array<pawl::Tag, 5>> tags_;
  std::vector<std::uint16_t> order_;
};

// A handle for each context.
inline std::vector<pawl::Counter> counters_of(const pawl::Client& client, const Work& work) {
  std::vector<pawl::Counter> counters;
  for (std::size_t i = 0; i < work.size(); ++i)
    counters.push_back(client.counter(kName, work.context(i)));
  return counters;
}

// Takes everything and keeps nothing.
class Sink final : public pawl::Transport {
 public:
  std::string_view name() const noexcept override { return "sink"; }
  std::size_t max_datagram_bytes() const noexcept override { return 8192; }
  pawl::SendResult send(std::span<const std::string_view> datagrams) noexcept override {
    return {.sent = datagrams.size()};
  }
};

// Neither the environment nor the client's own telemetry is in any figure.
inline pawl::Client make_client(pawl::Options options) {
  options.telemetry = pawl::Switch::off;
  options.environment = pawl::Switch::off;
  options.origin_detection = pawl::Switch::off;
  auto made = pawl::Client::create(std::move(options));
  if (!made) std::abort();
  return std::move(*made);
}

// A client whose datagrams are counted and thrown away.
inline pawl::Client make_client(pawl::Background background = pawl::Background::threads) {
  return make_client({.background = background, .transport = std::make_shared<Sink>()});
}

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "checksum: %s\n", what);
  std::abort();
}

// A bench that loses what it recorded measures nothing: says so and ends.
inline void expect_arrived(const pawl::Client& client,
                           std::uint64_t samples,
                           std::int64_t counted) {
  client.close(std::chrono::seconds{10});
  const pawl::Stats stats = client.stats();
  const pawl::Amount arrived = stats.handed_to_kernel;
  if (stats.balanced() && arrived.samples == samples && arrived.counted == counted) return;
  std::fprintf(stderr,
               "recorded %llu samples, sum %lld; arrived %llu, %lld\n",
               static_cast<unsigned long long>(samples),
               static_cast<long long>(counted),
               static_cast<unsigned long long>(arrived.samples),
               static_cast<long long>(arrived.counted));
  expect(false, "what was recorded did not arrive");
}

// Counters that were added 1 each time.
inline void expect_arrived(const pawl::Client& client, std::uint64_t calls) {
  expect_arrived(client, calls, static_cast<std::int64_t>(calls));
}

}  // namespace bench
