#pragma once

// A verdict on a span, by a check of the program, for LLM Observability. The check has a span of
// its own, whose record carries the verdict to the flusher as it is.
//
// Threads: a value.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "trace/entries.h"

namespace pawl::trace {

struct Evaluation {
  ShortText label;  // the check
  ShortText type;   // as: heuristic, judge, human
  std::optional<double> score = {};
  std::optional<bool> pass = {};
  // The span that it is about, as its own event names it.
  std::uint64_t trace_high = 0;
  std::uint64_t trace_low = 0;
  std::uint64_t span = 0;
  std::int64_t timestamp_ms = 0;

  // Tells whether there is something to be told.
  bool is_verdict() const noexcept { return label.size != 0 && (score || pass); }

  std::string_view bytes() const noexcept {
    return {reinterpret_cast<const char*>(this), sizeof *this};
  }
  static Evaluation read(const char* from) noexcept {
    Evaluation evaluation;
    std::memcpy(&evaluation, from, sizeof evaluation);
    return evaluation;
  }
};
static_assert(std::is_trivially_copyable_v<Evaluation>);

}  // namespace pawl::trace
