#pragma once

// The spans of a request to a language model, so that their names and tags cannot drift:
//
//     http.request
//       rag.retrieval       retrieval(root, {.index = "docs"})
//       prompt.render       render(root, {.prompt_name = "triage"})
//       llm.request         by llm::Recorder with llm_spans(tracer), or llm_request(root, {...})
//       tool.call           tool(root, {.name = "search"})
//       output.validation   validation(root, {.schema_name = "answer"})
//       eval.score          eval(root, {.name = "correctness"})
//
// Each takes what is known at the start and gives the span; tell(span, ...) adds what is known
// later. What is empty or unset is left out. Ids of tenants and requests are welcome on spans;
// texts of prompts and answers have no place anywhere.
//
// With TracerOptions::llmobs these spans are events of LLM Observability too, and an eval.score
// with a name and a score or pass is also an evaluation: of the nearest span around it that LLM
// Observability knows (the llm.request), else of its parent. It is sent once, when its span has
// ended, and counted in TraceStats::evaluations. Its label is the name, with `_` for each dot.
//
// Threads: as Span. Cost: as Span with so many tags. Errors: as Span.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "pawl/detail/export.h"
#include "pawl/llm_span.h"
#include "pawl/trace.h"

namespace pawl::trace {

// rag.retrieval; the resource is the index.
struct Retrieval {
  std::string_view index = {};
  std::string_view strategy = {};
  std::optional<std::uint64_t> query_length = {};  // characters
  std::optional<std::uint64_t> hit_count = {};
  std::optional<double> top_score = {};
  std::optional<double> latency_ms = {};
};

// prompt.render; the resource is the prompt.
struct Render {
  std::string_view prompt_name = {};
  std::string_view prompt_version = {};
  std::optional<std::uint64_t> input_tokens_estimate = {};
};

// llm.request; the resource is the prompt.
struct LlmRequest {
  std::string_view provider = {};
  std::string_view model = {};
  std::string_view prompt_name = {};
  std::string_view prompt_version = {};
  std::string_view feature = {};
  std::string_view tenant_id = {};
  std::string_view request_id = {};
  std::optional<bool> streaming = {};
  std::optional<bool> cache_hit = {};
  std::string_view finish_reason = {};
  std::optional<llm::Status> status = {};
  std::string_view error_type = {};
  std::optional<double> latency_ms = {};
  std::optional<double> first_token_latency_ms = {};
  std::optional<double> time_per_output_token_ms = {};
  std::optional<double> queue_ms = {};
  std::optional<llm::Usage> usage = {};
  std::optional<std::uint64_t> output_tokens = {};  // where there is no usage
  std::optional<llm::Cost> cost = {};
  std::optional<std::uint32_t> retry_count = {};
};

// tool.call; the resource is the tool.
struct Tool {
  std::string_view name = {};
  std::optional<bool> ok = {};       // tool.status: ok or error
  std::string_view error_type = {};  // of one that is not
  std::optional<double> latency_ms = {};
  std::optional<std::uint32_t> retry_count = {};
};

// output.validation.
struct Validation {
  std::string_view schema_name = {};
  std::optional<bool> json_valid = {};
};

// eval.score; the resource is the check.
struct Eval {
  std::string_view name = {};
  std::string_view type = {};  // as: heuristic, judge, human
  std::optional<bool> pass = {};
  std::string_view prompt_version = {};
  std::string_view model = {};
  std::optional<double> score = {};
};

// Start the span inside of `parent`.
[[nodiscard]] PAWL_API Span retrieval(const Span& parent, const Retrieval& what = {}) noexcept;
[[nodiscard]] PAWL_API Span render(const Span& parent, const Render& what = {}) noexcept;
[[nodiscard]] PAWL_API Span llm_request(const Span& parent, const LlmRequest& what = {}) noexcept;
[[nodiscard]] PAWL_API Span tool(const Span& parent, const Tool& what = {}) noexcept;
[[nodiscard]] PAWL_API Span validation(const Span& parent, const Validation& what = {}) noexcept;
[[nodiscard]] PAWL_API Span eval(const Span& parent, const Eval& what = {}) noexcept;

// Starts the span of a request that nothing encloses, or that a remote span does.
[[nodiscard]] PAWL_API Span llm_request(const Tracer& tracer,
                                        const LlmRequest& what = {},
                                        const SpanContext& parent = {}) noexcept;

// Add what became known to a span of that kind.
PAWL_API void tell(Span& span, const Retrieval& what) noexcept;
PAWL_API void tell(Span& span, const Render& what) noexcept;
PAWL_API void tell(Span& span, const LlmRequest& what) noexcept;
PAWL_API void tell(Span& span, const Tool& what) noexcept;
PAWL_API void tell(Span& span, const Validation& what) noexcept;
PAWL_API void tell(Span& span, const Eval& what) noexcept;

// For llm::RecorderOptions::span_hook: each request of the recorder becomes an llm.request span,
// with the values that the metrics got, bit for bit; its tools, retrievals, validations and evals
// become spans inside of it; and its log line carries the ids. The parent is the span that is
// Current on the thread that starts the request, else `parent`: a remote one, for a recorder that
// works for one caller only. Null when there is no memory.
PAWL_API std::shared_ptr<llm::SpanHook> llm_spans(const Tracer& tracer,
                                                  const SpanContext& parent = {}) noexcept;

}  // namespace pawl::trace
