#pragma once

// The log line of a request, as JSON (RFC 8259): one object, without the line end.
//
//     "event" "dd.trace_id" "dd.span_id" "dd.service" "dd.env" "dd.version" "request_id" "feature"
//     "prompt_name" "prompt_version" "provider" "model" "input_tokens" "output_tokens" "latency_ms"
//     "first_token_latency_ms" "estimated_cost_usd" "outcome" "status" "error_type"
//
// The keys with dots are literal: Datadog's log intake looks for them at the top level, and
// reserves `status` for the severity. A trace id of 64 bits is decimal, a longer one 32 hex digits.
//
// Threads: values and functions without state.

#include <cstdint>
#include <optional>
#include <string>

#include <pawl/llm_request.h>
#include <pawl/llm_span.h>

namespace pawl::llm {

// What all lines of a recorder share.
struct ServiceFields {
  std::string service;
  std::string env;
  std::string version;
};

// What a line says of its request; it owns its texts, because it waits for the writer.
struct LogRecord {
  LogRecord() noexcept = default;
  explicit LogRecord(const FinishedRequest& request) noexcept;

  detail::Text request_id, feature, prompt_name, prompt_version, provider, model;
  detail::Word error_type;
  Status status = Status::ok;
  bool failed = false;
  TraceIds trace;
  std::optional<std::uint64_t> input_tokens;
  std::optional<std::uint64_t> output_tokens;
  std::optional<double> latency_ms;
  std::optional<double> first_token_latency_ms;
  std::optional<double> estimated_cost_usd;
};

// Throw std::bad_alloc.
void append_log_line(std::string& out, const LogRecord& record, const ServiceFields& service);
// Appends a JSON string with its quotes; what is no UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);

}  // namespace pawl::llm
