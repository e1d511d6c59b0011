#pragma once

// Datadog's trace Agent as the way out of spans: PUT /v0.4/traces; LLM Observability events and
// evaluations through its proxy (/evp_proxy/v2); /info to know what it offers.
//
// A request takes 2 s at the most, a call until its deadline. What the Agent had no time for (429,
// 502, 503, 504), and what it could not be told because there was no connection or one that broke
// before an answer (so that it may have it twice), is tried again, three times in a call at the
// most, after 700 ms in all at the most. 413 is answered with two halves, once. Nothing else is
// ever repeated.
//
// Threads: see Outlet. Cost: the chunks are sent from where they are.
// Errors: see Fate; each request that fails is also told to AgentOptions::warn.
// Fork: see Outlet::start_over_in_child().

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/agent_url.h"
#include "trace/http.h"
#include "trace/origin.h"
#include "trace/outlet.h"

namespace pawl::trace {

struct AgentOptions {
  Endpoint endpoint = {};
  Origin origin = {};
  // Hears what failed ("traces: throttled") and how, each time.
  std::function<void(std::string_view what, std::string_view detail)> warn = {};

  // For tests.
  std::function<void(std::chrono::milliseconds)> sleep = {};  // before a retry
  std::size_t most_payload_bytes = std::size_t{10} << 20;     // the Agent takes 25 MB
  std::chrono::milliseconds request_timeout{2'000};
  // How long what it said at /info is believed, though it was connected to anew.
  std::chrono::milliseconds info_lasts{10'000};
};

class Agent final : public Outlet {
 public:
  static constexpr int kMostRetries = 3;  // in a call

  // Throws std::bad_alloc.
  explicit Agent(AgentOptions options);
  ~Agent() override;

  void send(std::span<const Chunk> chunks,
            Time deadline,
            std::span<Outcome> outcomes) noexcept override;
  void send_evaluations(std::span<const std::string> evaluations,
                        Time deadline,
                        std::span<Fate> fates) noexcept override;
  Features features(Time deadline) noexcept override;
  std::optional<Rates> take_rates() noexcept override;
  void end_by(Time time) noexcept override { http_.end_by(time); }
  void start_over_in_child() noexcept override;

 private:
  struct State;
  struct Call;
  struct Intake;
  using Objects = std::vector<std::string_view>;
  // Hears what became of an object, by its place.
  using Settle = std::function<void(std::size_t, Fate)>;
  static const Intake kEvents;
  static const Intake kEvaluations;

  void send_spans(std::span<const Chunk> chunks, Call& call, std::span<Outcome> outcomes);
  void send_events(std::span<const Chunk> chunks, Call& call, std::span<Outcome> outcomes);
  void send_objects(const Intake& intake, const Objects& all, Call& call, const Settle& settle);
  Fate post_spans(std::span<const Chunk* const> chunks, Call& call);
  Fate post_objects(const Intake& intake, std::span<const std::string_view> objects, Call& call);
  Fate deliver(std::string_view what, const HttpRequest& request, Call& call, Answer& answer);
  Answer request(const HttpRequest& request, Time deadline) noexcept;
  Fate ask_info(Time deadline);
  Fate take_info(const Answer& answer);
  bool pause(Call& call) const;
  void sleep_until(Time time) const;
  void learn_rates(const Answer& answer) noexcept;
  void warn(std::string_view what, Fate fate, const Answer& answer) const;

  const AgentOptions options_;
  const std::string address_;  // for people
  Http http_;
  std::unique_ptr<State> state_;
  std::atomic<bool> busy_{false};
};

}  // namespace pawl::trace
