#include <algorithm>
#include <chrono>
#include <optional>

#include "trace/core.h"
#include "trace/msgpack.h"

// The part of a core that runs on the threads of the program: spans start and end.

namespace pawl::trace {

namespace {

using std::chrono::nanoseconds;
using SteadyClock = std::chrono::steady_clock;

template <class TimePoint>
std::int64_t count_ns(TimePoint time) noexcept {
  return std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count();
}

// The nearest span above that is an LLM Observability event.
std::uint64_t event_parent_of(const Draft& parent) noexcept {
  return parent.event.kind.empty() ? parent.event.parent : parent.id;
}

}  // namespace

class Core::Use {
 public:
  explicit Use(Core& core) noexcept : arena_(t_arenas[core.slot_]) {
    if (arena_ != nullptr) [[likely]]
      return;
    arena_ = core.own_arena();
    if (arena_ != nullptr) return;
    core.references_.fetch_add(1, std::memory_order_relaxed);
    core.common_mutex_.lock();
    shares_ = &core;
    arena_ = core.common_;
  }
  ~Use() {
    if (shares_ == nullptr) [[likely]]
      return;
    shares_->common_mutex_.unlock();
    shares_->references_.fetch_sub(1, std::memory_order_acq_rel);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  Arena& operator*() const noexcept { return *arena_; }
  Arena* operator->() const noexcept { return arena_; }

 private:
  Arena* arena_;
  Core* shares_ = nullptr;  // whose common arena it is
};

std::int64_t Core::steady_now() const noexcept {
  return count_ns(plan_.clock == nullptr ? SteadyClock::now() : plan_.clock->steady_now());
}

std::int64_t Core::wall_now() const noexcept {
  return count_ns(plan_.clock == nullptr ? std::chrono::system_clock::now()
                                         : plan_.clock->wall_now());
}

// The clocks run alike until somebody sets the wall clock, so one reading of it does for a while.
std::int64_t Core::wall_offset(Arena& arena, std::int64_t steady) const noexcept {
  constexpr std::int64_t kLasts = 100'000'000;
  WallOffset& known = arena.wall_offset;
  if (steady >= known.ends) known = {wall_now() - steady, steady + kLasts};
  return known.nanoseconds;
}

Draft* Core::refuse(Arena& arena, SpanDrop reason) noexcept {
  arena.count_start();
  arena.lose(reason);
  return nullptr;
}

Draft* Core::start(std::string_view name,
                   const SpanContext* parent,
                   const SpanOptions& options) noexcept {
  const Use arena{*this};
  if (closed_.load(std::memory_order_relaxed)) [[unlikely]]
    return refuse(*arena, SpanDrop::closed);
  Draft* const draft = begin_trace(*arena, parent);
  if (draft == nullptr) [[unlikely]]
    return refuse(*arena, SpanDrop::no_memory);
  draft->parent = parent == nullptr ? 0 : parent->span;
  draft->is_root = true;
  this->name(*draft, name, options);
  decide(*draft, parent == nullptr ? std::nullopt : parent->priority);
  if (parent != nullptr && !parent->origin.empty()) draft->set_tag("_dd.origin", parent->origin);
  arena->count_start();
  return draft;
}

// Null without memory.
Draft* Core::begin_trace(Arena& arena, const SpanContext* parent) noexcept {
  Draft* const draft = arena.take_draft();
  if (draft == nullptr) return nullptr;
  TraceState* const trace = arena.take_state();
  if (trace != nullptr) trace->inherited.reset();
  if (trace == nullptr || (parent != nullptr && !inherit(*trace, *parent))) {
    arena.put_back(*draft);
    if (trace != nullptr) arena.put_back(*trace);
    return nullptr;
  }
  trace->core = this;
  trace->generation = generation_.load(std::memory_order_relaxed);
  trace->refused = budget_.is_nearly_full();
  trace->rate = 1;
  trace->started.store(1, std::memory_order_relaxed);
  draft->trace = trace;
  draft->id = arena.next_id();
  draft->start = steady_now();
  trace->wall_offset = wall_offset(arena, draft->start);
  const std::int64_t wall = std::max<std::int64_t>(draft->start + trace->wall_offset, 0);
  const auto seconds = static_cast<std::uint64_t>(wall) / 1'000'000'000;
  trace->high = parent == nullptr ? seconds << 32U : parent->trace_high;
  trace->low = parent == nullptr ? arena.next_id() : parent->trace_low;
  return draft;
}

void Core::name(Draft& draft, std::string_view name, const SpanOptions& options) noexcept {
  const Template& usual = draft.is_root ? root_template_ : child_template_;
  draft.keys = usual.keys;
  draft.meta.assign(usual.meta.bytes(), usual.meta.count());
  draft.metrics.assign(usual.metrics.bytes(), usual.metrics.count());
  if (!options.service.empty()) draft.set_short(draft.service, options.service);
  if (draft.service.size == 0) draft.service = usual.service;
  draft.set_short(draft.name, name);
  if (draft.name.size == 0) draft.set_short(draft.name, "unnamed");
  if (!options.resource.empty()) draft.set_resource(options.resource);
  if (!options.type.empty()) draft.set_short(draft.type, options.type);
}

bool Core::is_own(const Draft& draft) const noexcept {
  return draft.trace->generation == generation_.load(std::memory_order_relaxed);
}

Draft* Core::start_child(const Draft& parent,
                         std::string_view name,
                         const SpanOptions& options) noexcept {
  if (!is_own(parent)) return start_inherited_child(parent, name, options);
  const Use arena{*this};
  Draft* const draft = arena->take_draft();
  if (draft == nullptr) [[unlikely]]
    return refuse(*arena, SpanDrop::no_memory);
  TraceState& trace = *parent.trace;
  trace.started.fetch_add(1, std::memory_order_relaxed);
  draft->trace = &trace;
  draft->id = arena->next_id();
  draft->parent = parent.id;
  draft->start = steady_now();
  draft->service = parent.service;
  this->name(*draft, name, options);
  if (draft->service.view() != parent.service.view()) draft->set_metric("_top_level", 1);
  if (trace.inherited && !trace.inherited->origin.empty())
    draft->set_tag("_dd.origin", trace.inherited->origin);
  draft->event.parent = event_parent_of(parent);
  arena->count_start();
  return draft;
}

// A span of the process that this one was forked from is like a remote one, of which more is known.
// Where its tracer is gone, the core has no slot any more.
Draft* Core::start_inherited_child(const Draft& parent,
                                   std::string_view name,
                                   SpanOptions options) noexcept {
  if (tracers_.load(std::memory_order_relaxed) == 0) return nullptr;
  if (options.service.empty()) options.service = parent.service.view();
  const SpanContext context = context_of(parent);
  Draft* const draft = start(name, &context, options);
  if (draft != nullptr) draft->event.parent = event_parent_of(parent);
  return draft;
}

void Core::finish(Draft& draft) noexcept {
  const std::int64_t duration = std::max<std::int64_t>(steady_now() - draft.start, 0);
  // The parent has the same span and ends it; its memory is left alone.
  if (!is_own(draft)) return;
  const Use arena{*this};
  TraceState& trace = *draft.trace;
  if (draft.repaired) [[unlikely]]
    for (std::size_t i = 0; i < kSpanRepairs; ++i)
      arena->note(static_cast<SpanRepair>(i), draft.repairs[i]);
  SpanDrop why_not =
      closed_.load(std::memory_order_relaxed) ? SpanDrop::closed : SpanDrop::buffer_full;
  const bool refused = trace.refused || why_not == SpanDrop::closed;
  const bool judges = draft.event.judges();
  if (judges) [[unlikely]]
    arena->count_evaluation();
  if (refused || !write(*arena, draft, duration, why_not)) {
    if (judges) arena->lose_evaluation();
    arena->lose(why_not, trace);
  }
  arena->put_back(draft);
}

// Tells whether there was room.
bool Core::write(Arena& arena, Draft& draft, std::int64_t duration, SpanDrop& why_not) noexcept {
  const bool has_event = !draft.event.kind.empty();
  if (has_event && !encode_event(draft, plan_, duration)) {
    why_not = SpanDrop::no_memory;
    return false;
  }
  const std::string_view event = draft.event.encoded.view();
  const bool judges = draft.event.judges();
  const std::size_t told = kEventKeyBytes + event.size() + (judges ? sizeof(Evaluation) : 0);
  Record* const record = arena.begin_record(most_record_bytes(draft) + told, why_not);
  if (record == nullptr) return false;
  char* end = write_record(*record, draft, duration);
  if (has_event) {
    record->event_bytes = static_cast<std::uint32_t>(event.size());
    end = msgpack::put_bytes(put_event_key(end, event.size()), event.data(), event.size());
    arena.count_event();
  }
  if (judges) {
    address_evaluation(draft, duration);
    record->judges = true;
    end = msgpack::put_bytes(end, draft.event.evaluation->bytes().data(), sizeof(Evaluation));
  }
  arena.publish(*record, end);
  return true;
}

void Core::note(SpanRepair repair, std::uint64_t times) noexcept {
  const Use arena{*this};
  arena->note(repair, times);
}

}  // namespace pawl::trace
