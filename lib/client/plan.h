#pragma once

// Options and environment, checked and joined: what a core is built from. A value of this type
// cannot hold an option that makes no sense.
//
// Threads: a value.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pawl/clock.h>
#include <pawl/options.h>
#include <pawl/result.h>
#include <pawl/transport.h>

#include "base/origin.h"
#include "client/environment.h"
#include "context/registry.h"
#include "encode/line.h"
#include "encode/packer.h"

namespace pawl::client {

// What lies outside the program, given from outside so that tests can say it.
struct Surroundings {
  Environment environment;
  base::ProcPaths proc;
  std::string default_socket = "/var/run/datadog/dsd.socket";
};

struct Plan {
  std::shared_ptr<Transport> transport;
  std::string destination;  // its URL, or its name when it is the program's own
  std::shared_ptr<const Clock> clock;
  context::Rules rules;
  context::Limits limits{};
  encode::Constants constants;
  encode::Packing packing = encode::Packing::many_values;
  std::chrono::milliseconds flush_interval{};
  std::chrono::milliseconds close_deadline{};
  std::chrono::milliseconds queue_ttl{};
  std::chrono::seconds context_expiry{};
  bool can_reclaim = false;  // what is out of use: the system has the fence that it takes
  std::size_t max_sample_bytes = 0;
  std::size_t max_queue_bytes = 0;
  bool telemetry = true;
  bool serverless = false;
  bool sketches = true;
  bool bin_histograms = false;
  Background background = Background::threads;
  std::vector<std::string> warnings;
  std::function<void(std::string_view)> on_warning;
};

// Fails only on what the options themselves say wrong. Throws std::bad_alloc.
Result<Plan> make_plan(Options options, const Surroundings& surroundings);

}  // namespace pawl::client
