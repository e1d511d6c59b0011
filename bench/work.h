#pragma once

// What every bench records: a name and five tags, about 108 bytes, as an LLM serving loop writes
// them; and the client that it records with, whose datagrams are counted and thrown away.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/pawl.h>

namespace bench {

inline constexpr std::string_view kName = "llm.requests";

// The tags of one context, which own their text as a program's variables would.
class Context {
 public:
  explicit Context(std::size_t number)
      : version_("2026-06-01." + std::to_string(number)),
        tags_{{"model", "gpt-4.1"},
              {"prompt_name", "support_triage"},
              {"prompt_version", version_},
              {"feature", "support_agent"},
              {"env", "prod"}} {}
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  pawl::Tags tags() const { return std::span{tags_}; }

 private:
  const std::string version_;
  const pawl::Tag tags_[5];
};

// `count` contexts, and 16,384 of their numbers in a fixed pseudo-random order.
class Work {
 public:
  explicit Work(std::size_t count) : order_(16'384) {
    for (std::size_t i = 0; i < count; ++i) contexts_.push_back(std::make_unique<Context>(i));
    std::mt19937 random{42};
    for (auto& number : order_) number = static_cast<std::uint32_t>(random() % count);
  }
  pawl::Tags tags(std::size_t step) const {
    return contexts_[order_[step % order_.size()]]->tags();
  }

 private:
  std::vector<std::unique_ptr<Context>> contexts_;
  std::vector<std::uint32_t> order_;
};

// Takes everything and keeps nothing.
class Sink final : public pawl::Transport {
 public:
  std::string_view name() const noexcept override { return "sink"; }
  std::size_t max_datagram_bytes() const noexcept override { return 8192; }
  pawl::SendResult send(std::span<const std::string_view> datagrams) noexcept override {
    return {.sent = datagrams.size()};
  }
};

inline pawl::Client make_client(pawl::Background background = pawl::Background::threads) {
  auto made = pawl::Client::create({.telemetry = pawl::Switch::off,
                                    .background = background,
                                    .environment = pawl::Switch::off,
                                    .transport = std::make_shared<Sink>()});
  if (!made) std::abort();
  return std::move(*made);
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
               "checksum: recorded %llu samples, sum %lld; arrived %llu, %lld\n",
               static_cast<unsigned long long>(samples),
               static_cast<long long>(counted),
               static_cast<unsigned long long>(arrived.samples),
               static_cast<long long>(arrived.counted));
  std::abort();
}

}  // namespace bench
