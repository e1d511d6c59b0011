#pragma once

// What a tracer is made of: its options and what the environment adds, checked once. Nothing that
// is wrong gets further.
//
// Threads: make_plan() only on the thread that makes the tracer, because of the environment.
// Errors: of the options an Error, of the environment warnings; else only std::bad_alloc.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/clock.h>
#include <pawl/result.h>
#include <pawl/trace_options.h>

#include "base/warnings.h"
#include "trace/agent_url.h"
#include "trace/entries.h"
#include "trace/origin.h"

namespace pawl::trace {

// What spans begin with, tags encoded.
struct Template {
  ShortText service;
  Entries meta;
  Entries metrics;
  KeyFilter keys;
};

struct Plan {
  Endpoint endpoint;
  std::string service, env, version;
  std::vector<OwnedTag> tags;  // of every span; those for env and version are not among them
  bool enabled = true;
  std::optional<double> sample_rate;
  std::vector<SamplingRule> rules;
  bool keep_errors = false;
  bool llmobs = false;
  std::string ml_app;
  Origin origin;  // for the Agent
  std::size_t max_buffer_bytes = 0;
  std::chrono::milliseconds flush_interval{};
  std::chrono::milliseconds close_deadline{};
  Background background = Background::threads;
  std::shared_ptr<const Clock> clock;      // null: the system's
  std::shared_ptr<base::Warnings> teller;  // of what goes wrong; never null
  std::vector<std::string> warnings;       // of the environment
};

// Gives a variable's value, or nullptr.
using Lookup = std::function<const char*(const char* name)>;

Result<Plan> make_plan(TracerOptions options, const Lookup& environment);

}  // namespace pawl::trace
