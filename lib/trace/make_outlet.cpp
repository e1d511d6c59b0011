#include "trace/make_outlet.h"

#include <chrono>

#include "trace/agent.h"

namespace pawl::trace {

std::unique_ptr<Outlet> make_outlet(const Plan& plan) {
  if (!has_http())
    plan.teller->tell("no_http", "built without libcurl, spans are counted as dropped");
  AgentOptions options{.endpoint = plan.endpoint, .origin = plan.origin};
  options.warn = [teller = plan.teller](std::string_view what, std::string_view detail) {
    teller->warn(what, detail, std::chrono::steady_clock::now());
  };
  return std::make_unique<Agent>(std::move(options));
}

}  // namespace pawl::trace
