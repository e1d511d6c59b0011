#pragma once

// A span: one operation of a trace, from its start to its end. A Tracer makes the first of a trace,
// a span makes its children:
//
//     auto root = tracer.start("http.request", {.resource = "POST /chat", .type = "web"});
//     auto child = root.child("rag.retrieval", {.resource = "docs"});
//     child.tag("rag.index", "docs");
//     child.metric("rag.hit_count", 4);
//     child.finish();                       // leaving scope does it too
//
// What is told is encoded at once, and what a span ends as is handed to the background thread. A
// trace leaves when all its spans have ended; a long one in parts.
//
// Threads: one at a time; child(), context() and log_fields() from any while it has not ended. It
// may end on another thread than it began on. It should end before its tracer; one that does not is
// counted as dropped, and nothing else happens.
// Cost: start, 12 tags and finish take about 200 ns (bench/span.cpp), allocate nothing once the
// thread has ended a few, take no lock, and make no system call but readings of the clock.
// Errors: none. Texts are cut at a character's end to what the Agent takes (service, name and type
// 100 bytes, resource 5,000, a tag's key 200 and its value 25,000), invalid UTF-8 becomes U+FFFD,
// numbers that are NaN or infinite are refused; each is counted in TraceStats. Calls on a span that
// has ended or was moved from do nothing.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "pawl/detail/export.h"
#include "pawl/detail/llm_text.h"
#include "pawl/trace_context.h"

namespace pawl::trace {

class Core;
struct Draft;

// What a span starts with; all may be empty. `resource` and `type` may be told later.
struct SpanOptions {
  std::string_view resource = {};  // what is operated on; empty: the span's name
  std::string_view service = {};   // empty: that of the parent, else the tracer's
  std::string_view type = {};      // web, http, db, cache, llm, ...
};

// The fields by which a log line finds its span. A value that owns its texts.
class LogFields {
 public:
  struct Field {
    std::string_view key;
    std::string_view value;
  };

  // Give the ids as text: that of the trace decimal where it has 64 bits, else 32 hex digits; that
  // of the span decimal. "0" where there is no span.
  std::string_view trace_id() const noexcept { return trace_.view(); }
  std::string_view span_id() const noexcept { return span_.view(); }
  std::string_view service() const noexcept { return service_.view(); }
  std::string_view env() const noexcept { return env_.view(); }
  std::string_view version() const noexcept { return version_.view(); }

  // Gives them with their keys: dd.trace_id, dd.span_id, dd.service, dd.env, dd.version. The views
  // live as long as this object.
  std::array<Field, 5> all() const noexcept {
    return {Field{"dd.trace_id", trace_id()},
            Field{"dd.span_id", span_id()},
            Field{"dd.service", service()},
            Field{"dd.env", env()},
            Field{"dd.version", version()}};
  }

 private:
  friend class Span;
  llm::detail::FixedText<39> trace_, span_;
  llm::detail::FixedText<100> service_;
  llm::detail::FixedText<200> env_, version_;
};

class PAWL_API Span {
 public:
  // A span that records nothing.
  Span() noexcept = default;
  Span(Span&& other) noexcept
      : draft_(std::exchange(other.draft_, nullptr)),
        trace_high_(other.trace_high_),
        trace_low_(other.trace_low_),
        id_(other.id_) {}
  // Finishes what was here before.
  Span& operator=(Span&& other) noexcept;
  ~Span() { finish(); }

  // Starts a span inside of this one, with its service where none is said.
  [[nodiscard]] Span child(std::string_view name, const SpanOptions& options = {}) const noexcept;

  // Adds a tag; the last of a key counts. An empty key is refused.
  Span& tag(std::string_view key, std::string_view value) noexcept;
  // Adds a number, likewise.
  template <class Number>
  requires std::integral<Number> || std::floating_point<Number> Span& metric(
      std::string_view key, Number value) noexcept {
    return number(key, static_cast<double>(value));
  }

  Span& resource(std::string_view resource) noexcept;
  Span& type(std::string_view type) noexcept;

  // Says that the operation failed: error.type, error.message and error.stack. The last call
  // counts.
  Span& error(std::string_view type,
              std::string_view message = {},
              std::string_view stack = {}) noexcept;

  // Says that another span has to do with this one, without being its parent: the producer of a
  // message, a request that is repeated. 32 at the most.
  Span& link(const SpanContext& other) noexcept;

  // Has the Agent compute statistics of this span, as it does for the first of a service.
  Span& measured() noexcept;

  // Decide on the whole trace, whatever a rule or a rate said: it is kept, or the Agent drops it
  // once it has counted it. The last call counts. Metrics are not touched by it.
  Span& keep() noexcept;
  Span& drop() noexcept;

  // Ends the span now.
  void finish() noexcept {
    if (draft_ != nullptr) end();
  }

  // Gives its ids and the decision on its trace; the ids alone after it has ended.
  SpanContext context() const noexcept;

  // Gives the fields for the program's own log line.
  LogFields log_fields() const noexcept;

  // The ids: 0 for a span that was never started.
  std::uint64_t trace_high() const noexcept { return trace_high_; }
  std::uint64_t trace_low() const noexcept { return trace_low_; }
  std::uint64_t id() const noexcept { return id_; }

  // Tells whether it records: it was started, and has not ended.
  explicit operator bool() const noexcept { return draft_ != nullptr; }

 private:
  friend class Tracer;
  friend class Access;
  explicit Span(Draft* draft) noexcept;
  Span& number(std::string_view key, double value) noexcept;
  void end() noexcept;

  Draft* draft_ = nullptr;
  std::uint64_t trace_high_ = 0;
  std::uint64_t trace_low_ = 0;
  std::uint64_t id_ = 0;
};

// Makes a span its thread's current one, for code that is not handed a span: the LLM recorder, a
// library's callback. Nothing in the tracer needs it. Scopes nest; the span must stay where it is
// while the scope lives, and a scope ends on the thread that it began on.
//
// Threads: each sees its own. Cost: two stores.
class PAWL_API Current {
 public:
  explicit Current(const Span& span) noexcept;
  ~Current();
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

  // Gives this thread's current span, nullptr when there is none.
  static const Span* get() noexcept;

 private:
  const Span* before_;
};

}  // namespace pawl::trace
