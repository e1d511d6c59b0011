#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include <pawl/trace.h>

#include "base/errno_kept.h"
#include "trace/access.h"
#include "trace/core.h"
#include "trace/make_outlet.h"
#include "trace/propagation.h"

namespace pawl::trace {

Result<Tracer> Tracer::create(TracerOptions options) noexcept {
  const base::ErrnoKept kept;
  try {
    Lookup environment;
    if (options.environment != Switch::off)
      environment = [](const char* name) -> const char* { return std::getenv(name); };
    auto plan = make_plan(std::move(options), environment);
    if (!plan) return plan.error();
    auto outlet = make_outlet(*plan);
    return Access::make(std::move(*plan), std::move(outlet));
  } catch (...) {
    // std::bad_alloc, or what copying the program's own callback threw. Short enough to need no
    // memory.
    return Error{"out of memory"};
  }
}

Tracer::Tracer(Tracer&& other) noexcept : core_(std::exchange(other.core_, nullptr)) {}

Tracer& Tracer::operator=(Tracer&& other) noexcept {
  std::swap(core_, other.core_);
  return *this;
}

// Leaves core_ as it is: a thread that still traces through a tracer that main destroyed on its way
// out finds a core that counts and does nothing, for as long as the thread holds its arena.
Tracer::~Tracer() {
  if (core_ != nullptr) core_->let_go();
}

Span Tracer::start(std::string_view name, const SpanOptions& options) const noexcept {
  if (core_ == nullptr) return {};
  return Span{core_->start(name, nullptr, options)};
}

Span Tracer::start(std::string_view name,
                   const SpanContext& parent,
                   const SpanOptions& options) const noexcept {
  // Without a trace, the rest of a context says nothing.
  if (core_ == nullptr || !parent) return start(name, options);
  return Span{core_->start(name, &parent, options)};
}

SpanContext Tracer::read_headers(const detail::HeaderValues& values) const noexcept {
  if (core_ == nullptr) return {};
  try {
    Extracted read = trace::read_headers(values);
    if (read.refused != 0) core_->note(SpanRepair::header_refused, read.refused);
    return std::move(read.context);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

detail::HeaderTexts Tracer::write_headers(const SpanContext& context) const noexcept {
  try {
    return trace::write_headers(context);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

bool Tracer::flush(std::chrono::milliseconds timeout) const noexcept {
  return core_ == nullptr || core_->flush(timeout);
}

SpanLosses Tracer::close(std::chrono::milliseconds deadline) const noexcept {
  return core_ == nullptr ? SpanLosses{} : core_->close(deadline);
}

TraceStats Tracer::stats() const noexcept {
  return core_ == nullptr ? TraceStats{} : core_->stats();
}

bool Tracer::enabled() const noexcept { return core_ != nullptr; }

}  // namespace pawl::trace
