#pragma once

// The tracer: makes spans and hands them to Datadog's trace Agent in the background.
//
//     auto made = pawl::trace::Tracer::create({.service = "ai-api"});   // reads DD_* once; no I/O
//     pawl::trace::Tracer& tracer = *made;
//     auto root = tracer.start("http.request", tracer.extract(headers), {.type = "web"});
//     tracer.inject(root.context(), outgoing_headers);
//
// The program never waits for the Agent, whatever that does. What cannot be delivered is counted
// under a reason (TraceStats), and memory is bounded by TracerOptions::max_buffer_bytes.
//
// Threads: every const member from any thread. Moving and destroying need the tracer for
// themselves. At most 16 tracers live at once.
// Cost: see Span. A thread that traces has its own memory: 65 KB, up to 1 MB after a burst, and
// for each span that it had open at once 3 KB and more, if its tags needed it (16 KB are kept).
// Errors: create() says what the options have wrong. Nothing else fails; see TraceStats.
// Fork: the child drops what the parent had, which the parent sends; its ids are new, its thread
// starts with its first span.

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pawl/detail/export.h"
#include "pawl/result.h"
#include "pawl/trace_context.h"
#include "pawl/trace_options.h"
#include "pawl/trace_span.h"
#include "pawl/trace_stats.h"

namespace pawl::trace {

namespace detail {

// The headers by which a trace travels, in any order of a map; names in lower case.
inline constexpr std::array<std::string_view, 7> kHeaders = {"traceparent",
                                                             "tracestate",
                                                             "x-datadog-trace-id",
                                                             "x-datadog-parent-id",
                                                             "x-datadog-sampling-priority",
                                                             "x-datadog-origin",
                                                             "x-datadog-tags"};

// Their values; empty where a header is not there.
using HeaderValues = std::array<std::string_view, kHeaders.size()>;
// Those that are written own their text.
using HeaderTexts = std::array<std::string, kHeaders.size()>;

PAWL_API bool same_header(std::string_view name, std::string_view lower_case) noexcept;

}  // namespace detail

// What looks up a header's value by its name in lower case: a callable that gives a view, or an
// optional one, of text that lives on.
template <class Headers>
concept HeaderLookup = std::invocable<const Headers&, std::string_view>;

// What stores a header: a callable that takes name and value.
template <class Headers>
concept HeaderStore = std::invocable<Headers&, std::string_view, std::string_view>;

class PAWL_API Tracer {
 public:
  // Makes a tracer. Fails only on what the options say wrong; starts no thread and does no I/O.
  static Result<Tracer> create(TracerOptions options = {}) noexcept;

  Tracer(Tracer&& other) noexcept;
  Tracer& operator=(Tracer&& other) noexcept;
  // Closes it, with TracerOptions::close_deadline; while an llm::Recorder traces with it
  // (llm_spans()), the last of the two to go does.
  ~Tracer();

  // Starts the first span of a trace, or of this service's part of one: with a parent from other
  // headers it continues that trace and its sampling decision. A parent that says nothing begins a
  // new trace.
  [[nodiscard]] Span start(std::string_view name, const SpanOptions& options = {}) const noexcept;
  [[nodiscard]] Span start(std::string_view name,
                           const SpanContext& parent,
                           const SpanOptions& options = {}) const noexcept;

  // Reads the caller's span from headers: a map of strings (or any range of pairs of them), whose
  // names may be in any case, or a HeaderLookup. Datadog's headers come first; where W3C's name the
  // same trace, their span and their tracestate are taken. A malformed header is ignored and
  // counted.
  template <class Headers>
  SpanContext extract(const Headers& headers) const noexcept {
    return read_headers(found_in(headers));
  }

  // Writes a span into headers, W3C's and Datadog's: into a map of strings, or by a HeaderStore.
  // Nothing where the context says nothing.
  template <class Headers>
  void inject(const SpanContext& context, Headers& headers) const noexcept {
    const detail::HeaderTexts texts = write_headers(context);
    for (std::size_t i = 0; i < texts.size(); ++i)
      if (!texts[i].empty()) store(headers, detail::kHeaders[i], texts[i]);
  }

  // Sends the traces of which no span is open, on this thread, until `timeout` at the most; tells
  // whether all was accepted.
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds{2}) const noexcept;

  // Sends what has ended, until `deadline` at the most, breaks off a request that takes longer, and
  // ends the background thread; tells what was lost since the tracer was made. Takes up to 100 ms
  // beyond the deadline where the thread is still in TracerOptions::on_warning, which then ends by
  // itself. Spans that end later are counted as dropped.
  SpanLosses close(std::chrono::milliseconds deadline = std::chrono::seconds{1}) const noexcept;

  // Reads the ledger, without waiting for a flush or the Agent.
  TraceStats stats() const noexcept;

  // Tells whether it makes spans.
  bool enabled() const noexcept;

 private:
  friend class Access;
  explicit Tracer(Core* core) noexcept : core_(core) {}

  SpanContext read_headers(const detail::HeaderValues& values) const noexcept;
  detail::HeaderTexts write_headers(const SpanContext& context) const noexcept;

  template <class Headers>
  static detail::HeaderValues found_in(const Headers& headers) {
    detail::HeaderValues values{};
    if constexpr (HeaderLookup<Headers>) {
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = value_of(headers(detail::kHeaders[i]));
    } else {
      for (const auto& [name, value] : headers)
        for (std::size_t i = 0; i < values.size(); ++i)
          if (detail::same_header(name, detail::kHeaders[i])) values[i] = value;
    }
    return values;
  }
  static std::string_view value_of(std::string_view found) noexcept { return found; }
  static std::string_view value_of(std::optional<std::string_view> found) noexcept {
    return found.value_or(std::string_view{});
  }

  template <class Headers>
  static void store(Headers& headers, std::string_view name, const std::string& value) noexcept {
    try {
      if constexpr (HeaderStore<Headers>)
        headers(name, std::string_view{value});
      else
        headers.insert_or_assign(typename Headers::key_type{name}, value);
    } catch (...) {
      // No memory in the program's own map: that header is not there.
    }
  }

  Core* core_;
};

}  // namespace pawl::trace
