#pragma once

// The doors that tests, and the helpers of the library, have into the public classes.
//
// Threads: functions without state.

#include <memory>
#include <utility>

#include <pawl/result.h>
#include <pawl/trace.h>

#include "trace/core.h"
#include "trace/outlet.h"
#include "trace/plan.h"

namespace pawl::trace {

class Access {
 public:
  // Makes a tracer with a way out of one's own. Throws std::bad_alloc.
  static Result<Tracer> make(Plan plan, std::unique_ptr<Outlet> outlet) {
    if (!plan.enabled) return Tracer{nullptr};
    Core* const core = Core::make(std::move(plan), std::move(outlet));
    if (core == nullptr)
      return Error{"16 tracers are alive; expected fewer before another is made"};
    return Tracer{core};
  }
  static Core* core(const Tracer& tracer) noexcept { return tracer.core_; }
  // Gives a tracer that shares the core, which closes when the last of both is gone.
  static Tracer share(Core* core) noexcept {
    if (core != nullptr) core->hold();
    return Tracer{core};
  }

  // Between a span and its draft: whoever has a draft has to make a span of it again.
  static Draft* draft(const Span& span) noexcept { return span.draft_; }
  static Draft* release(Span span) noexcept { return std::exchange(span.draft_, nullptr); }
  static Span adopt(Draft* draft) noexcept { return Span{draft}; }
};

}  // namespace pawl::trace
