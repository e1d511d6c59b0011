#include "tools/span_sending.h"

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace pawl::tools {
namespace {

using std::string_view;
using trace::SpanDrop;
using trace::SpanLosses;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? string_view{} : string_view{value};
}

std::string reasons_of(const SpanLosses& lost) {
  std::string reasons;
  for (std::size_t i = 0; i < trace::kSpanDrops; ++i) {
    const auto reason = static_cast<SpanDrop>(i);
    if (lost[reason] == 0) continue;
    reasons += (reasons.empty() ? "" : ", ") + std::string{to_string(reason)};
  }
  return reasons;
}

}  // namespace

void add_agent_option(CLI::App& verb, std::string& url) {
  verb.add_option("--agent",
                  url,
                  "Where the trace Agent is, http://host:port or unix:///path (default: DD_*, then "
                  "/var/run/datadog/apm.socket, then localhost:8126)")
      ->type_name("URL")
      ->check([](const std::string& text) { return std::string{text.empty() ? "is empty" : ""}; });
}

// What is lost later is told by its reason, or not at all.
Result<trace::Tracer> make_tracer(const std::string& verb, trace::TracerOptions options) {
  const auto making = std::make_shared<bool>(true);
  options.background = Background::manual;
  options.on_warning = [verb, making](string_view warning) {
    if (*making) complain(fmt::format("{}: warning: {}", verb, warning), exit_ok);
  };
  Result<trace::Tracer> tracer = trace::Tracer::create(std::move(options));
  *making = false;
  return tracer;
}

trace::SpanContext parent_from_environment(const trace::Tracer& tracer) {
  return tracer.extract([](string_view name) {
    if (name == "traceparent") return variable("TRACEPARENT");
    return name == "tracestate" ? variable("TRACESTATE") : string_view{};
  });
}

int send_spans(const std::string& verb,
               const trace::Tracer& tracer,
               std::chrono::milliseconds timeout,
               bool fail) {
  const SpanLosses lost = tracer.close(timeout);
  if (!lost || !fail) return exit_ok;
  return complain(fmt::format("{}: {} span{} could not be handed to the trace Agent: {}",
                              verb,
                              lost.total(),
                              lost.total() == 1 ? "" : "s",
                              reasons_of(lost)),
                  exit_failed);
}

}  // namespace pawl::tools
