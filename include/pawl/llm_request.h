#pragma once

// One request to a language model, from its start to its end: told what happened, then finished.
// A Recorder makes it (llm.h). Its end records all metrics at once, says it to the span hook, and
// queues the log line; leaving scope without an end is one too, with `status:aborted`.
//
// A request must not outlive its Recorder. It owns copies of its texts: what is longer than 119
// bytes is cut at a character boundary, and counted.
//
// Threads: one at a time; move it to where it goes on.
// Cost: see each member; none allocates, takes a lock or makes a system call once the tags are
// known to the client. The object has about 1.5 KB.
// Errors: none; what makes no sense is refused and counted (Recorder::stats), never sent. Calls on
// a request that has ended or was moved from do nothing.

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "pawl/detail/export.h"
#include "pawl/detail/llm_text.h"
#include "pawl/llm_span.h"
#include "pawl/price_book.h"

namespace pawl::llm {

class Core;
class Recorder;

using Milliseconds = std::chrono::duration<double, std::milli>;

namespace detail {

using Text = FixedText<119>;
using Word = FixedText<63>;

// Which clock a request reads, from start to end.
enum class TimeSource : std::uint8_t { steady, ticks, program };
inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

// What a request holds until it ends. Instants are readings of its source.
struct Facts {
  Text provider, model, feature, prompt_name, prompt_version, prompt_variant, tenant_tier, region;
  Text request_id, tenant_id;
  Word finish_reason, error_type;
  std::optional<bool> streaming;
  std::optional<bool> cache_hit;
  bool failed = false;
  TimeSource source = TimeSource::steady;
  std::int64_t start = 0;
  std::int64_t dequeued = kNever;
  std::int64_t first_token = kNever;
  std::int64_t last_token = kNever;
  std::int64_t longest_gap = kNever;
  std::optional<double> latency_ms;  // these three when told instead of measured
  std::optional<double> first_token_ms;
  std::optional<double> queue_ms;
  std::uint64_t tokens = 0;
  std::optional<Usage> usage;
  std::optional<double> user_rating;
  std::uint32_t json_invalid = 0;
  std::uint32_t retries = 0;
  std::uint32_t tool_calls = 0;
  std::uint32_t tool_failures = 0;
  TraceIds trace;
};

}  // namespace detail

class PAWL_API Request {
 public:
  Request(Request&& other) noexcept;
  // Abandons what was here before.
  Request& operator=(Request&& other) noexcept;
  ~Request() { abandon(); }

  // Say that the request left its queue, now or after `waited`.
  void dequeued() noexcept;
  void queue(Milliseconds waited) noexcept;

  // Say that the first token came, now or so long after the start. Later calls change nothing.
  void first_token() noexcept;
  void first_token(Milliseconds after_start) noexcept;

  // Says that output tokens came, which marks the first. Where usage() is never told, the number of
  // tokens counted here is that of output tokens. A count that is negative, or beyond 10^9, is
  // refused as a whole.
  // Cost: about 10 ns with the processor's own clock (llm.h).
  void token(std::uint64_t count = 1) noexcept;

  // Says what the provider billed; the last call counts. A usage that contradicts itself (more
  // cached than input ...) or exceeds 10^12 tokens is refused as a whole.
  void usage(const Usage& usage) noexcept;

  // Says that the request is tried again. A number is checked as that of token().
  void retry(std::uint64_t times = 1) noexcept;

  // Records a failed call of a tool at once; one that went well is only for the hook.
  // `error_type` as in error().
  void tool(std::string_view name,
            bool ok,
            Milliseconds latency,
            std::string_view error_type = {}) noexcept;

  // Records a retrieval at once. A number of hits is checked as that of token().
  void retrieval(std::uint64_t hits, std::optional<double> top_score = {}) noexcept;

  // Records the score of an eval at once, as llm.eval.<name>; beyond kEvalNames (llm.h) names of a
  // recorder as llm.eval.other.
  void eval(std::string_view name, double score) noexcept;

  // Says that structured output failed to parse or validate. The request can end well nevertheless;
  // say error("validation") where it does not.
  void json_invalid() noexcept;

  void user_rating(double rating) noexcept;
  void streaming(bool streams) noexcept;
  void cache_hit(bool hit) noexcept;
  void finish_reason(std::string_view reason) noexcept;

  // Says that the request failed, and how, in a word: "timeout", "rate_limit", "validation". The
  // last call counts. A text with blanks or of more than 63 bytes is no type but a message: it
  // becomes "other", and is counted, as no text does. The same holds for finish_reason(), but for
  // no text, which takes it back.
  void error(std::string_view error_type) noexcept;

  // Says how long the request took, instead of the time until its end.
  void latency(Milliseconds total) noexcept;

  // End it: with `status:ok`, or `error` after error(); or with `status:aborted`.
  // Cost: of the whole request, from start to end, some hundred nanoseconds.
  void finish() noexcept;
  void abandon() noexcept {
    if (core_ != nullptr) end(Status::aborted);
  }

  // Tells whether it has not ended.
  explicit operator bool() const noexcept { return core_ != nullptr; }

 private:
  friend class Recorder;
  Request(Core* core, const Labels& labels, const Ids& ids) noexcept;

  std::int64_t now() const noexcept;
  void end(Status status) noexcept;
  void step(const Step& step) noexcept;

  Core* core_;
  detail::Facts facts_;
};

}  // namespace pawl::llm
