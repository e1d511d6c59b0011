#include <algorithm>
#include <utility>

#include "trace/agent_state.h"
#include "trace/llmobs_json.h"

// LLM Observability, by the Agent's proxy.

namespace pawl::trace {

using std::string_view;

// One behind the proxy.
struct Agent::Intake {
  string_view what;
  string_view path;
  string_view subdomain;
  string_view head;
  string_view tail;
};

constexpr Agent::Intake Agent::kEvents{
    "llmobs", "/evp_proxy/v2/api/v2/llmobs", "llmobs-intake", kEventsHead, kEventsTail};
constexpr Agent::Intake Agent::kEvaluations{"evaluations",
                                            "/evp_proxy/v2/api/intake/llm-obs/v2/eval-metric",
                                            "api",
                                            kEvaluationsHead,
                                            kEvaluationsTail};

void Agent::send_events(std::span<const Chunk> chunks, Call& call, std::span<Outcome> outcomes) {
  std::vector<std::string> events;
  std::vector<std::size_t> owners;                  // of each event, its chunk
  std::vector<std::size_t> missing(chunks.size());  // of each chunk, events not yet accepted
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].llmobs.empty()) continue;
    for (std::string& event : envelopes_of(chunks[i].llmobs)) {
      events.push_back(std::move(event));
      owners.push_back(i);
      ++missing[i];
    }
    if (missing[i] == 0) outcomes[i].llmobs = Fate::refused;
  }
  // Of several events of a chunk, the last that failed says what became of them.
  send_objects(kEvents, {events.begin(), events.end()}, call, [&](std::size_t i, Fate fate) {
    const std::size_t owner = owners[i];
    if (fate != Fate::accepted || --missing[owner] == 0) outcomes[owner].llmobs = fate;
  });
}

void Agent::send_evaluations(std::span<const std::string> evaluations,
                             Time deadline,
                             std::span<Fate> fates) noexcept {
  const base::Busy busy{busy_};
  std::fill(fates.begin(), fates.end(), Fate::no_memory);
  if (state_ == nullptr) return;
  try {
    Call call{deadline};
    send_objects(kEvaluations,
                 {evaluations.begin(), evaluations.end()},
                 call,
                 [&](std::size_t i, Fate fate) { fates[i] = fate; });
  } catch (...) {
    // No memory: what was not settled yet is as it was set above.
  }
}

void Agent::send_objects(const Intake& intake,
                         const Objects& all,
                         Call& call,
                         const Settle& settle) {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].size() <= kMostEventBytes)
      fitting.push_back(i);
    else
      settle(i, Fate::too_large);
  }
  if (fitting.empty()) return;
  const Fate offered = ask_info(call.deadline);
  const bool proxy = offered == Fate::accepted && state_->features.llmobs_proxy;
  post_in_groups(
      fitting.size(),
      kMostLlmobsBytes - intake.head.size() - intake.tail.size(),
      [&](std::size_t i) { return all[fitting[i]].size() + 1; },
      [&](Group group) {
        if (!proxy) return offered == Fate::accepted ? Fate::not_offered : offered;
        Objects objects;
        for (const std::size_t i : part(fitting, group)) objects.push_back(all[i]);
        return post_objects(intake, objects, call);
      },
      [&](Group group, Fate fate) {
        for (const std::size_t i : part(fitting, group)) settle(i, fate);
      });
}

Fate Agent::post_objects(const Intake& intake, std::span<const string_view> objects, Call& call) {
  std::vector<string_view> body = {intake.head};
  for (const string_view object : objects) {
    if (body.size() > 1) body.push_back(",");
    body.push_back(object);
  }
  body.push_back(intake.tail);
  const Header headers[] = {{"Content-Type", "application/json"},
                            {"X-Datadog-EVP-Subdomain", intake.subdomain}};
  Answer answer;
  return deliver(intake.what, {"POST", intake.path, headers, body}, call, answer);
}

}  // namespace pawl::trace
