#pragma once

// What is known of a request to a language model, and the hook that hears of it: a bridge to a
// tracer makes the llm.request span and its children from this, and gives the ids that the log line
// carries.
//
// Threads: values; a hook is called from whichever threads record. Cost: that of the hook.
// Errors: none; a hook must not throw.

#include <cstdint>
#include <optional>
#include <string_view>

#include "pawl/price_book.h"

namespace pawl::llm {

enum class Status : std::uint8_t { ok, error, aborted };
// Gives "ok", "error", "aborted".
PAWL_API std::string_view to_string(Status status) noexcept;

// The tags of a request's metrics: few values each. What is empty or unset is left out. There is no
// field for ids of users, requests or documents, nor for text of prompts or answers.
struct Labels {
  std::string_view provider = {};
  std::string_view model = {};
  std::string_view feature = {};
  std::string_view prompt_name = {};
  std::string_view prompt_version = {};
  std::string_view prompt_variant = {};
  std::string_view tenant_tier = {};
  std::string_view region = {};
  std::optional<bool> streaming = {};
  std::optional<bool> cache_hit = {};
  std::string_view finish_reason = {};
  std::optional<Status> status = {};  // start() ignores it
};

// What only the log line and spans may carry.
struct Ids {
  std::string_view request_id = {};
  std::string_view tenant_id = {};
};

// The span of a request; all 0 where there is none.
struct TraceIds {
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  void* of_hook = nullptr;  // what the hook finds the span by; nobody else looks at it
  friend constexpr bool operator==(const TraceIds&, const TraceIds&) noexcept = default;
};

// Something that happened in the course of a request.
struct Step {
  enum class Kind : std::uint8_t { tool, retrieval, validation, eval };
  Kind kind = Kind::tool;
  std::string_view name = {};  // of the tool or the eval
  bool ok = true;
  std::optional<double> latency_ms = {};  // of the tool
  std::string_view error_type = {};       // of the tool
  std::optional<double> score = {};       // of the eval, or of the retrieval's best chunk
  std::uint64_t hits = 0;                 // of the retrieval
};

// A request that has ended, after its values were checked: what was refused is not here.
struct FinishedRequest {
  Labels labels;
  Ids ids;
  TraceIds trace;
  Status status = Status::ok;
  std::string_view error_type = {};
  bool failed = false;  // error() was told, however the request ended
  std::optional<double> latency_ms = {};
  std::optional<double> first_token_latency_ms = {};
  std::optional<double> time_per_output_token_ms = {};
  std::optional<double> queue_ms = {};
  std::optional<double> longest_token_gap_ms = {};  // between two token() calls
  std::optional<Usage> usage = {};
  std::optional<std::uint64_t> output_tokens = {};  // by usage, else as token() counted
  std::optional<Cost> cost = {};
  std::uint32_t json_invalid = 0;
  std::uint32_t retries = 0;
  std::uint32_t tool_calls = 0;
  std::uint32_t tool_failures = 0;
  std::optional<double> user_rating = {};
};

// Hears of requests. The views are valid during the call. Not called for what a Recorder records by
// its record_...() functions.
class PAWL_API SpanHook {
 public:
  virtual ~SpanHook() = default;
  // Hears that a request starts; gives its ids.
  virtual TraceIds started(const Labels& labels, const Ids& ids) noexcept {
    (void)labels;
    (void)ids;
    return {};
  }
  virtual void stepped(const TraceIds& trace, const Step& step) noexcept {
    (void)trace;
    (void)step;
  }
  virtual void finished(const FinishedRequest& request) noexcept { (void)request; }
};

}  // namespace pawl::llm
