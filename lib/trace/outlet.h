#pragma once

// The way out of finished spans: what the tracer hands over, and what became of it. Agent is the
// real one; tests have one in memory.
//
// Threads: one at a time, never one that records.
// Errors: none; what cannot be handed over has a Fate that says why.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::trace {

// Finished spans of ONE trace. The views are valid during the call.
struct Chunk {
  // msgpack, in parts that follow one another: an array of span maps, as the outer array of a v0.4
  // body holds it. None when there are only LLM Observability events to send.
  std::span<const std::string_view> spans = {};
  std::uint32_t count = 0;  // spans in it
  // The sampling priority; <= 0 is not sampled.
  int priority = 1;
  // msgpack: an array of LLM Observability events of kind span, empty when there are none or they
  // ride in the spans (meta_struct).
  std::string_view llmobs = {};

  std::size_t span_bytes() const noexcept {
    std::size_t bytes = 0;
    for (const std::string_view part : spans) bytes += part.size();
    return bytes;
  }
};

// What became of something that was handed over.
enum class Fate : std::uint8_t {
  accepted,     // 2xx
  refused,      // any other status that a second try would not change
  too_large,    // 413 although it was split, or above the intake's own limit
  throttled,    // 429 until the budget of retries was used up
  failed,       // 5xx; of 502, 503 and 504 until the budget was used up
  unreachable,  // no connection, or one that broke, until the budget was used up
  timed_out,    // no answer by the deadline
  not_offered,  // LLM Observability by an Agent without a proxy for it
  no_http,      // built without libcurl
  no_memory,    // an allocation failed
};
inline constexpr std::size_t kFates = 10;

// What became of a chunk's two parts. What the chunk has none of is accepted.
struct Outcome {
  Fate spans = Fate::accepted;
  Fate llmobs = Fate::accepted;
};

// What the Agent said of itself at /info.
struct Features {
  bool known = false;         // it was asked, and answered
  bool meta_structs = false;  // spans may carry meta_struct
  bool llmobs_proxy = false;  // it passes LLM Observability events on
};

// The share of traces to keep that the Agent wishes for a service and environment; both empty: for
// all others. 0 to 1.
struct Rate {
  std::string service;
  std::string env;
  double rate = 1;
};
using Rates = std::vector<Rate>;

class Outlet {
 public:
  using Time = std::chrono::steady_clock::time_point;  // of the real clock

  virtual ~Outlet() = default;

  // Sends the chunks, until `deadline` at the most, and says what became of each.
  // REQUIRES: as many outcomes as chunks.
  virtual void send(std::span<const Chunk> chunks,
                    Time deadline,
                    std::span<Outcome> outcomes) noexcept = 0;

  // Sends evaluations as encode_evaluation() made them, and says what became of each.
  virtual void send_evaluations(std::span<const std::string> evaluations,
                                Time deadline,
                                std::span<Fate> fates) noexcept = 0;

  // Gives what is known of the Agent; asks it, when nothing is, until `deadline` at the most.
  virtual Features features(Time deadline) noexcept = 0;

  // Gives the rates that the Agent wishes since they were last taken; nullopt: no change.
  virtual std::optional<Rates> take_rates() noexcept = 0;

  // Has everything end by then, whatever its deadline, as what is under way does soon after. From
  // any thread.
  virtual void end_by(Time time) noexcept = 0;

  // In the child of a fork: lets go of what belongs to the parent, whose other thread may have been
  // inside of a call.
  virtual void start_over_in_child() noexcept = 0;
};

}  // namespace pawl::trace
