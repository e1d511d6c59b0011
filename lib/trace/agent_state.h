#pragma once

// The inside of Agent, which two files share.
//
// Threads: as Agent.

#include <chrono>
#include <cstddef>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "base/busy.h"
#include "trace/agent.h"
#include "trace/groups.h"

namespace pawl::trace {

// What is learnt of the Agent, and may be half written when the process forks.
struct Agent::State {
  // Agents give a version to those alone who have one.
  std::string rates_version = "none";
  std::optional<Rates> rates;
  Features features;
  Time asked{};
  bool connected_since = false;
  std::minstd_rand jitter{static_cast<unsigned>(Time::clock::now().time_since_epoch().count())};
};

// One call of the Outlet.
struct Agent::Call {
  Time deadline;
  int retries = 0;
};

template <class T>
std::span<const T> part(const std::vector<T>& all, Group group) {
  return std::span{all}.subspan(group.first, group.count);
}

}  // namespace pawl::trace
