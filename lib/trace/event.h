#pragma once

// What a span says of itself to LLM Observability; nothing, for most spans. Told by the helpers of
// trace_llm.h, encoded when the span ends. There is no text of prompts and answers in it.
//
// Threads: one at a time.
// Source: the intake's JSON, https://docs.datadoghq.com/llm_observability/setup/api

#include <cstdint>
#include <optional>
#include <string_view>

#include "trace/entries.h"
#include "trace/evaluation.h"

namespace pawl::trace {

struct Event {
  static constexpr std::size_t kKept = 8 << 10;

  // meta.span.kind; empty: no event.
  std::string_view kind;
  std::uint64_t parent = 0;  // the nearest span around it that has an event; 0: none
  ShortText model, provider, error_type;
  Entries metadata;
  Entries metrics;
  std::optional<Evaluation> evaluation;  // of the span of a check
  Bytes encoded;                         // once the span has ended

  // Tells whether there is a verdict on another span.
  bool judges() const noexcept { return evaluation && evaluation->is_verdict(); }

  void clear() noexcept {
    parent = 0;
    if (kind.empty()) return;
    kind = {};
    model.size = 0;
    provider.size = 0;
    error_type.size = 0;
    metadata.reset();
    metrics.reset();
    evaluation.reset();
    encoded.reset(kKept);
  }
};

struct Draft;
struct Plan;

// Writes the event of a span that took so many nanoseconds into its `encoded`; tells whether there
// was memory.
bool encode_event(Draft& draft, const Plan& plan, std::int64_t duration) noexcept;

// Says in its evaluation which span it is about, and when: the nearest around it that LLM
// Observability knows, else its parent. REQUIRES: it judges.
void address_evaluation(Draft& draft, std::int64_t duration) noexcept;

}  // namespace pawl::trace
