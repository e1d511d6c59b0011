#include "trace/agent.h"

#include <algorithm>
#include <array>
#include <new>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <pawl/version.h>

#include "trace/agent_answers.h"
#include "trace/agent_state.h"

namespace pawl::trace {
namespace {

using std::string_view;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kSlice{20};

string_view to_string(Fate fate) noexcept {
  constexpr std::array<string_view, kFates> kNames = {"accepted",
                                                      "refused",
                                                      "too_large",
                                                      "throttled",
                                                      "failed",
                                                      "unreachable",
                                                      "timed_out",
                                                      "not_offered",
                                                      "no_http",
                                                      "no_memory"};
  return kNames[static_cast<std::size_t>(fate)];
}

// The head of a msgpack array.
std::string array_of(std::size_t count) {
  const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xFF); };
  if (count < 16) return {byte(0x90 | count)};
  if (count < 65'536) return {byte(0xDC), byte(count >> 8), byte(count)};
  return {byte(0xDD), byte(count >> 24), byte(count >> 16), byte(count >> 8), byte(count)};
}

}  // namespace

Agent::Agent(AgentOptions options)
    : options_(std::move(options)),
      address_(trace::to_string(options_.endpoint)),
      http_(options_.endpoint),
      state_(std::make_unique<State>()) {}

Agent::~Agent() = default;

void Agent::send(std::span<const Chunk> chunks,
                 Time deadline,
                 std::span<Outcome> outcomes) noexcept {
  const base::Busy busy{busy_};
  for (std::size_t i = 0; i < chunks.size(); ++i)
    outcomes[i] = {chunks[i].spans.empty() ? Fate::accepted : Fate::no_memory,
                   chunks[i].llmobs.empty() ? Fate::accepted : Fate::no_memory};
  if (state_ == nullptr) return;
  try {
    Call call{deadline};
    send_spans(chunks, call, outcomes);
    send_events(chunks, call, outcomes);
  } catch (...) {
    // No memory: what was not settled yet is as it was set above.
  }
}

void Agent::send_spans(std::span<const Chunk> chunks, Call& call, std::span<Outcome> outcomes) {
  std::vector<const Chunk*> filled;
  for (const Chunk& chunk : chunks)
    if (!chunk.spans.empty()) filled.push_back(&chunk);
  post_in_groups(
      filled.size(),
      options_.most_payload_bytes,
      [&](std::size_t i) { return filled[i]->span_bytes(); },
      [&](Group group) { return post_spans(part(filled, group), call); },
      [&](Group group, Fate fate) {
        for (const Chunk* chunk : part(filled, group))
          outcomes[static_cast<std::size_t>(chunk - chunks.data())].spans = fate;
      });
}

Fate Agent::post_spans(std::span<const Chunk* const> chunks, Call& call) {
  const std::string head = array_of(chunks.size());
  std::vector<string_view> body = {head};
  body.reserve(1 + chunks.size());
  for (const Chunk* chunk : chunks)
    body.insert(body.end(), chunk->spans.begin(), chunk->spans.end());
  const std::string count = std::to_string(chunks.size());
  const std::string language = std::to_string(__cplusplus);
  const Origin& origin = options_.origin;
  const Header headers[] = {
      {"Content-Type", "application/msgpack"},
      {"X-Datadog-Trace-Count", count},
      {"Datadog-Meta-Lang", "cpp"},
      {"Datadog-Meta-Lang-Version", language},
      {"Datadog-Meta-Tracer-Version", PAWL_VERSION},
      {"Datadog-Container-ID", origin.container_id},
      {"Datadog-Entity-ID", origin.entity_id},
      {"Datadog-External-Env", origin.external_env},
      {"Datadog-Client-Computed-Top-Level", "yes"},
      {"Datadog-Rates-Payload-Version", state_->rates_version},
      {"Datadog-Send-Real-Http-Status", "true"},
  };
  Answer answer;
  const Fate fate = deliver("traces", {"PUT", "/v0.4/traces", headers, body}, call, answer);
  if (fate == Fate::accepted) learn_rates(answer);
  return fate;
}

void Agent::learn_rates(const Answer& answer) noexcept {
  try {
    auto rates = parse_rates(answer.body);
    if (!rates) return;
    state_->rates = std::move(*rates);
    if (!answer.rates_version.empty()) state_->rates_version = answer.rates_version;
  } catch (const std::bad_alloc&) {
    // The version is as it was, so the Agent says them again; the spans are accepted all the same.
  }
}

// Sends a request until it is settled, and tells what became of it.
Fate Agent::deliver(string_view what, const HttpRequest& asked, Call& call, Answer& answer) {
  do answer = request(asked, call.deadline);
  while (is_worth_repeating(answer) && pause(call));
  const Fate fate = fate_of(answer);
  if (fate != Fate::accepted) warn(what, fate, answer);
  return fate;
}

Answer Agent::request(const HttpRequest& asked, Time deadline) noexcept {
  Answer answer =
      http_.request(asked, std::min(deadline, steady_clock::now() + options_.request_timeout));
  if (answer.connected) state_->connected_since = true;
  return answer;
}

// Waits before a retry, longer each time, and not as long as others do that failed with it. Tells
// whether there is time and a retry left.
bool Agent::pause(Call& call) const {
  if (call.retries == kMostRetries) return false;
  const auto most = kFirstPause * (1 << call.retries);
  std::uniform_int_distribution<milliseconds::rep> some{most.count() / 2, most.count()};
  const milliseconds pause{some(state_->jitter)};
  if (steady_clock::now() + pause >= std::min(call.deadline, http_.latest())) return false;
  ++call.retries;
  if (options_.sleep)
    options_.sleep(pause);
  else
    sleep_until(steady_clock::now() + pause);
  return true;
}

// In slices, because it may have to end sooner.
void Agent::sleep_until(Time time) const {
  for (auto now = steady_clock::now(); now < std::min(time, http_.latest());
       now = steady_clock::now())
    std::this_thread::sleep_until(std::min(time, now + kSlice));
}

// Asks what the Agent offers, unless that is known. What it said before holds while it says nothing
// else.
Fate Agent::ask_info(Time deadline) {
  State& state = *state_;
  const bool doubtful =
      state.connected_since && steady_clock::now() - state.asked >= options_.info_lasts;
  if (state.features.known && !doubtful) return Fate::accepted;
  const Answer answer = request({"GET", "/info", {}, {}}, deadline);
  const Fate fate = take_info(answer);
  if (fate != Fate::accepted) warn("info", fate, answer);
  return state.features.known ? Fate::accepted : fate;
}

Fate Agent::take_info(const Answer& answer) {
  Fate fate = fate_of(answer);
  std::optional<Features> said;
  if (fate == Fate::accepted) said = parse_info(answer.body);
  if (answer.status == 404) said = Features{true, false, false};  // older than /info
  if (!said) return fate == Fate::accepted ? Fate::refused : fate;
  state_->features = *said;
  state_->asked = steady_clock::now();
  state_->connected_since = false;
  return Fate::accepted;
}

Features Agent::features(Time deadline) noexcept {
  const base::Busy busy{busy_};
  if (state_ == nullptr) return {};
  try {
    ask_info(deadline);
  } catch (...) {
    // No memory: then as it was known before.
  }
  return state_->features;
}

std::optional<Rates> Agent::take_rates() noexcept {
  const base::Busy busy{busy_};
  if (state_ == nullptr) return std::nullopt;
  return std::exchange(state_->rates, std::nullopt);
}

void Agent::start_over_in_child() noexcept {
  http_.start_over_in_child();
  if (!busy_.exchange(false)) return;
  // Half written, maybe: the memory is left behind.
  static_cast<void>(state_.release());
  state_.reset(new (std::nothrow) State);
}

void Agent::warn(string_view what, Fate fate, const Answer& answer) const {
  if (!options_.warn) return;
  const std::string how =
      answer.status != 0 ? fmt::format("status {}", answer.status) : answer.detail;
  options_.warn(fmt::format("{}: {}", what, to_string(fate)), fmt::format("{}, {}", address_, how));
}

}  // namespace pawl::trace
