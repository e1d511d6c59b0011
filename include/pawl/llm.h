#pragma once

// The recorder of requests to language models. One request handle gives all metrics of the table in
// llm_metrics.h, a span, and a line of log:
//
//     pawl::llm::Recorder llm{dd, {.service = "ai-api"}};
//     auto request = llm.start({.provider = "openai", .model = "gpt-4.1", .feature = "search"});
//     request.first_token();
//     request.usage({.input = 1840, .output = 312, .cached_input = 512});
//     request.finish();
//
// It shares the client's core, which closes when the last that shares it is gone. No function takes
// the text of a prompt or an answer.
//
// Threads: every const member from any thread. Requests of one recorder may run on many threads at
// once. Moving and destroying need the recorder for themselves, and its requests ended.
// Cost: a recorded request takes some hundred nanoseconds of the caller. Time is read from the
// processor's counter (x86-64 with an invariant TSC), measured against the steady clock during the
// first 20 ms and then every second; before that, and elsewhere, from the steady clock.
// Errors: values that make no sense are refused and counted; what the client refuses, it counts.
// Without memory for its making, a recorder records nothing.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "pawl/client.h"
#include "pawl/detail/export.h"
#include "pawl/llm_log.h"
#include "pawl/llm_metrics.h"
#include "pawl/llm_request.h"
#include "pawl/llm_span.h"
#include "pawl/price_book.h"

namespace pawl::llm {

struct RecorderOptions {
  // Tags of all that it records, and fields of the log line. Empty: those that the client's lines
  // carry, by its global tags (DD_SERVICE ...); otherwise in place of them.
  std::string service = {};
  std::string env = {};
  std::string version = {};

  // Records histograms instead of distributions, for dashboards that query `.95percentile`: no p99,
  // and no percentile over hosts. One name never has two types: of the recorders that share a
  // client's core, children's included, the first decides. Another that says otherwise records as
  // the first does, and the client warns (Options::on_warning); see RecorderStats::histograms.
  bool histograms = false;

  // Whose prices count; null: a book with the built-in snapshot.
  std::shared_ptr<const PriceBook> price_book = {};

  LogOptions log = {};

  // Hears of requests and gives the ids of their spans; null: none.
  std::shared_ptr<SpanHook> span_hook = {};

  // One's own time, for tests: that of the client's options. Null: see Cost above.
  std::shared_ptr<const Clock> clock = {};

  // How long the destructor waits for the rest of the log to be written; as in close().
  std::chrono::milliseconds close_deadline{1'000};
};

// Why something that was told was not recorded; the rest of its request was.
enum class Refused : std::uint8_t {
  duration,     // negative, NaN, infinity, or an end before the start
  first_token,  // later than the end, or of a request said not to be streaming
  usage,        // contradicts itself, or exceeds 10^12 tokens
  score,        // NaN or infinity as the score of an eval or a retrieval, or as a rating
  name,         // an empty name of a tool or an eval, or a longer one than 119 bytes
  cost,         // negative, 0, NaN or infinity
  number,       // of tokens, retries or hits: negative, or beyond 10^9 in one call
};
inline constexpr std::size_t kRefused = 7;
PAWL_API std::string_view to_string(Refused reason) noexcept;

// How many names of evals a recorder keeps apart, beside those of the table and "other". Each is
// the name of a metric, so there has to be an end of them.
inline constexpr std::size_t kEvalNames = 64;

// Totals since the recorder was made.
struct RecorderStats {
  std::array<std::uint64_t, kRefused> refused{};
  std::uint64_t texts_cut = 0;       // longer than a request keeps
  std::uint64_t texts_replaced = 0;  // error types and finish reasons that became "other"
  std::uint64_t evals_other = 0;     // scores of names beyond kEvalNames: llm.eval.other
  bool histograms = false;           // what it records samples as: see RecorderOptions
  LogStats log;

  std::uint64_t operator[](Refused reason) const noexcept {
    return refused[static_cast<std::size_t>(reason)];
  }
};

class PAWL_API Recorder {
 public:
  explicit Recorder(const Client& client, RecorderOptions options = {}) noexcept;
  Recorder(Recorder&& other) noexcept;
  Recorder& operator=(Recorder&& other) noexcept;
  ~Recorder();

  // Starts a request. `status` of the labels is ignored; streaming, cache_hit and finish_reason may
  // be told later.
  [[nodiscard]] Request start(const Labels& labels, const Ids& ids = {}) const noexcept;

  // Record one metric each, for code that has its own flow. Texts are not cut here; values are
  // checked as those of a request are.
  void record_request(const Labels& labels) const noexcept;  // say labels.status
  void record_error(const Labels& labels, std::string_view error_type) const noexcept;
  void record_latency(const Labels& labels, Milliseconds latency) const noexcept;
  void record_first_token_latency(const Labels& labels, Milliseconds latency) const noexcept;
  void record_time_per_output_token(const Labels& labels, Milliseconds each) const noexcept;
  void record_queue(const Labels& labels, Milliseconds waited) const noexcept;
  void record_input_tokens(const Labels& labels, std::uint64_t tokens) const noexcept;
  void record_output_tokens(const Labels& labels, std::uint64_t tokens) const noexcept;
  void record_cached_input_tokens(const Labels& labels, std::uint64_t tokens) const noexcept;
  void record_reasoning_tokens(const Labels& labels, std::uint64_t tokens) const noexcept;
  void record_estimated_cost(const Labels& labels, double usd) const noexcept;
  void record_cost_unknown(const Labels& labels) const noexcept;
  void record_json_invalid(const Labels& labels) const noexcept;
  void record_retries(const Labels& labels, std::uint64_t retries) const noexcept;
  void record_tool_failure(const Labels& labels,
                           std::string_view tool,
                           std::string_view error_type = {}) const noexcept;
  void record_retrieval_hit_count(const Labels& labels, std::uint64_t hits) const noexcept;
  void record_retrieval_top_score(const Labels& labels, double score) const noexcept;
  void record_eval(const Labels& labels, std::string_view name, double score) const noexcept;
  void record_user_rating(const Labels& labels, double rating) const noexcept;
  // Records the cost of a usage, or that its model has no price, as the end of a request does.
  void record_cost(const Labels& labels, const Usage& usage) const noexcept;

  // Reads the counts, without waiting.
  RecorderStats stats() const noexcept;

  // Waits until the log lines that wait are written, `timeout` at the most (but see
  // LogOptions::background); tells whether none waits. The metrics are the client's to flush.
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds{1}) const noexcept;

  // The same, and ends the background thread, in `deadline` and a tenth of a second at the most.
  // What waits then, and lines that come later, are counted; a thread that its sink holds up counts
  // its lines when it is let go. Metrics are still recorded.
  LogStats close(std::chrono::milliseconds deadline = std::chrono::seconds{1}) const noexcept;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace pawl::llm
