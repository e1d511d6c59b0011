#pragma once

// What the benches of spans record: a request to a language model, with twelve tags; the tracer
// that they record with; and the usual way to do it, an object with maps that is encoded at the
// flush.

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <pawl/trace.h>

#include "work.h"

namespace bench {

inline constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kTexts{
    {{"llm.provider", "openai"},
     {"llm.model", "gpt-4.1"},
     {"llm.prompt_name", "support_triage"},
     {"llm.prompt_version", "2026-06-01.3"},
     {"llm.feature", "support_agent"},
     {"llm.tenant_id", "tenant-4711"}}};
inline constexpr std::array<std::pair<std::string_view, double>, 6> kNumbers{
    {{"llm.latency_ms", 1430.25},
     {"llm.first_token_latency_ms", 312.5},
     {"llm.input_tokens", 1840},
     {"llm.output_tokens", 312},
     {"llm.total_tokens", 2152},
     {"llm.estimated_cost_usd", 0.006176}}};

template <class Span>
void tell(Span& span) {
  for (const auto& [key, value] : kTexts) span.tag(key, value);
  for (const auto& [key, value] : kNumbers) span.metric(key, value);
}

inline pawl::trace::TracerOptions span_options(std::string agent_url = {}) {
  return {.agent_url = std::move(agent_url),
          .service = "ai-api",
          .env = "prod",
          .version = "1.4.2",
          .background = pawl::Background::manual,
          .environment = pawl::Switch::off};
}

inline pawl::trace::Tracer make_tracer(pawl::trace::TracerOptions options) {
  auto made = pawl::trace::Tracer::create(std::move(options));
  expect(made.ok(), "a tracer");
  return std::move(*made);
}

inline void record_span(const pawl::trace::Tracer& tracer) {
  auto span = tracer.start("llm.request", {.resource = "support_triage", .type = "llm"});
  tell(span);
}

class MapSpan {
 public:
  explicit MapSpan(std::uint64_t id) : id_(id) {
    tag("env", "prod");
    tag("version", "1.4.2");
  }
  void tag(std::string_view key, std::string_view value) { meta_[std::string{key}] = value; }
  void metric(std::string_view key, double value) { metrics_[std::string{key}] = value; }
  void finish() { duration_ = std::chrono::steady_clock::now() - start_; }

  void encode(std::string& out) const {
    out += '\x8c';
    for (const auto& [key, text] : {std::pair{"service", &service_},
                                    {"name", &name_},
                                    {"resource", &resource_},
                                    {"type", &type_}}) {
      put_text(out, key);
      put_text(out, *text);
    }
    for (const char* key : {"trace_id", "span_id", "parent_id", "start", "duration", "error"}) {
      put_text(out, key);
      put_number(out, '\xcf', id_ + static_cast<std::uint64_t>(duration_.count()));
    }
    put_text(out, "meta");
    put_size(out, meta_.size());
    for (const auto& [key, value] : meta_) {
      put_text(out, key);
      put_text(out, value);
    }
    put_text(out, "metrics");
    put_size(out, metrics_.size());
    for (const auto& [key, value] : metrics_) {
      put_text(out, key);
      put_number(out, '\xcb', std::bit_cast<std::uint64_t>(value));
    }
  }

 private:
  static void put_text(std::string& out, std::string_view text) {
    out += '\xd9';
    out += static_cast<char>(text.size());
    out += text;
  }
  static void put_size(std::string& out, std::size_t size) {
    out += '\xde';
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size);
  }
  static void put_number(std::string& out, char type, std::uint64_t value) {
    out += type;
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(value >> static_cast<unsigned>(shift));
  }

  std::string service_ = "ai-api", name_ = "llm.request", resource_ = "support_triage",
              type_ = "llm";
  std::uint64_t id_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds duration_{};
  std::unordered_map<std::string, std::string> meta_;
  std::unordered_map<std::string, double> metrics_;
};

inline std::unique_ptr<MapSpan> finished_map_span(std::uint64_t id) {
  auto span = std::make_unique<MapSpan>(id);
  tell(*span);
  span->finish();
  return span;
}

}  // namespace bench
