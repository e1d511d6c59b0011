#pragma once

// Everything that a program can say when it makes a tracer. An aggregate for designated
// initialisers:
//
//     pawl::trace::Tracer::create({.service = "ai-api", .sample_rate = 0.1});
//
// What the program writes wrong here is an Error from Tracer::create; what the environment holds
// wrong is a warning and the default. An option that is set wins over the environment.
//
// Threads: a value. Cost: none. Errors: see Tracer::create.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pawl/clock.h"
#include "pawl/options.h"
#include "pawl/tags.h"

namespace pawl::trace {

// Keeps a share of the traces whose first span here has this service and name. `*` stands for any
// text and `?` for any character; case does not matter. The first rule that matches counts.
struct SamplingRule {
  std::string service = "*";
  std::string name = "*";
  double rate = 1;  // 0 to 1
};

// Datadog's LLM Observability: spans of kinds llm, tool, retrieval and so on are told to it as
// well, with tokens and costs, never with text of prompts or answers.
struct LlmObsOptions {
  Switch enabled = Switch::automatic;  // automatic: DD_LLMOBS_ENABLED, default off
  std::string ml_app = {};             // empty: DD_LLMOBS_ML_APP, then the service
};

struct TracerOptions {
  // Where the trace Agent is: `http://host:port` or `unix:///path`. Empty: DD_TRACE_AGENT_URL, then
  // DD_AGENT_HOST with DD_TRACE_AGENT_PORT, then the socket /var/run/datadog/apm.socket if it is
  // there, then localhost:8126.
  std::string agent_url = {};

  // The unified service tags. Empty: DD_SERVICE, DD_ENV, DD_VERSION; a service that nobody says is
  // the program's name.
  std::string service = {};
  std::string env = {};
  std::string version = {};

  // Tags of every span, added to those of DD_TAGS; for the same key the option wins. 64 at the
  // most, and none that the tracer writes itself (`_dd.p.*`, `_sampling_priority_v1`).
  std::vector<OwnedTag> tags = {};

  // automatic: DD_TRACE_ENABLED, default on. Off: no span records, has ids, or costs more than a
  // look at a flag.
  Switch enabled = Switch::automatic;

  // The share of traces to keep that no rule says, 0 to 1. nullopt: DD_TRACE_SAMPLE_RATE, then what
  // the Agent asks for. The decision is made once for a trace, when it begins, and a remote
  // parent's is taken over. All traces are sent: the Agent drops, after it has counted.
  std::optional<double> sample_rate = {};
  std::vector<SamplingRule> rules = {};  // 256 at the most
  // Keeps traces in which a span has an error, unless the program itself decided to drop them.
  bool keep_errors = false;

  LlmObsOptions llmobs = {};

  // Memory for spans that have ended and wait for the Agent, 256 KiB and more; up to 64 KiB a
  // thread and what is on its way (some MiB) come on top. Beyond 7/8 of it new traces are dropped
  // as they begin, beyond it spans as they end; both are counted.
  std::size_t max_buffer_bytes = std::size_t{32} << 20;

  // How often traces are sent, 100 ms to 10 s; at once when 1 MiB waits.
  std::chrono::milliseconds flush_interval{1'000};

  // How long the destructor may take to send the rest; close() says it for itself.
  std::chrono::milliseconds close_deadline{1'000};

  // manual: no thread; flush() and close() do the work.
  Background background = Background::threads;

  // Whether DD_* is read, once, by create(). automatic: on.
  Switch environment = Switch::automatic;

  // Hears of what went wrong, at most once a minute for each reason, from the background thread or
  // from the caller of create(), flush() or close(); of nothing once close() has returned. It must
  // not throw or call the tracer.
  std::function<void(std::string_view)> on_warning = {};

  // One's own time, for tests.
  std::shared_ptr<const Clock> clock = {};
};

}  // namespace pawl::trace
