#include "trace/flusher.h"

#include <algorithm>
#include <new>
#include <utility>

namespace pawl::trace {

namespace {

// What is taken from the arenas before chunks are formed of it: of what is copied, the memory that
// is used beyond the budget.
constexpr std::size_t kMostTaken = std::size_t{4} << 20;
// A trace's spans leave before it is complete when they are so many (or kMuchQueued bytes), or have
// waited for so many flushes.
constexpr std::uint32_t kManySpans = 500;
constexpr int kManyFlushes = 10;

}  // namespace

bool Turn::take(Time until) {
  std::unique_lock lock{mutex_};
  if (!ended_.wait_until(lock, until, [this] { return !taken_; })) return false;
  taken_ = true;
  return true;
}

void Turn::end() {
  const std::lock_guard lock{mutex_};
  taken_ = false;
  ended_.notify_one();
}

Flusher::Worked Flusher::work(What what, Time deadline) noexcept {
  if (!turn_.take(deadline)) return {};
  const std::uint64_t before = working_.taken;
  if (const auto rates = set_.outlet->take_rates()) set_.sampler.set_rates(*rates);
  const Clock::SteadyTime now = set_.clock.steady_now();
  const bool sends = what != What::due || now >= next_send_;
  if (sends && set_.llmobs) features_ = set_.outlet->features(deadline);
  take_all_there_is(what, deadline);
  if (sends) {
    send(deadline);
    next_send_ = now + set_.flush_interval;
  }
  const bool found = working_.taken != before;
  if (what != What::the_end) turn_.end();
  return {true, found};
}

Flusher::Books Flusher::books() noexcept {
  const std::lock_guard lock{books_mutex_};
  return books_;
}

void Flusher::close_books() noexcept {
  const std::lock_guard lock{books_mutex_};
  books_closed_ = true;
}

void Flusher::publish_books() noexcept {
  const std::lock_guard lock{books_mutex_};
  if (!books_closed_) books_ = working_;
}

void Flusher::take_all_there_is(What what, Time deadline) noexcept {
  for (bool more = true; more;) {
    std::uint64_t taken = 0;
    now_ = set_.clock.steady_now();
    more = take_some(taken);
    hear_of_the_lost();
    working_.taken += taken;
    working_.held += taken;
    sweep(what);
    charge_queued();
    if (pieces_.empty()) give_blocks_back();
    publish_books();
    if (in_arenas_ + budgeted_ >= kMuchQueued) send(deadline);
  }
}

void Flusher::charge_queued() noexcept {
  const std::size_t queued = own_bytes_ + queue_.events.size() + queue_.evaluations.size();
  set_.budget.take_anyway(queued - std::exchange(budgeted_, queued));
}

// REQUIRES: nothing is queued, whose spans lie there.
void Flusher::give_blocks_back() noexcept {
  for (Arena* arena = set_.arenas.first(); arena != nullptr; arena = arena->next)
    arena->give_blocks_back();
  in_arenas_ = 0;
}

// Tells whether there may be more.
bool Flusher::take_some(std::uint64_t& taken) noexcept {
  std::size_t bytes = 0;
  const auto take = [&](Record& record) {
    TraceState& trace = *record.trace;
    list(trace);
    (trace.first == nullptr ? trace.first : trace.last->next) = &record;
    trace.last = &record;
    ++trace.received;
    ++trace.waiting;
    ++taken;
    bytes += record.bytes;
    return bytes < kMostTaken;
  };
  bool more = false;
  for (Arena* arena = set_.arenas.first(); arena != nullptr && !more; arena = arena->next)
    more = !arena->each_record(take);
  in_arenas_ += bytes;
  return more;
}

void Flusher::list(TraceState& trace) noexcept {
  if (trace.is_listed) return;
  trace.is_listed = true;
  trace.since = now_;
  trace.next_listed = std::exchange(listed_, &trace);
}

// A trace that lost a span may never have a record.
void Flusher::hear_of_the_lost() noexcept {
  for (Arena* arena = set_.arenas.first(); arena != nullptr; arena = arena->next) {
    TraceState* trace = arena->take_told();
    while (trace != nullptr) {
      TraceState& told = *std::exchange(trace, trace->next_told);
      told.heard = true;
      list(told);
    }
  }
}

void Flusher::sweep(What what) noexcept {
  TraceState** at = &listed_;
  while (*at != nullptr) {
    TraceState& trace = **at;
    const bool complete = trace.is_complete() && (trace.heard || trace.lost == 0);
    if (complete || is_due(trace, what)) {
      if (trace.waiting != 0) form_chunk(trace);
    } else {
      keep(trace);
    }
    if (complete) {
      *at = trace.next_listed;
      recycle(trace);
    } else {
      at = &trace.next_listed;
    }
  }
  give_states_back();
}

bool Flusher::is_due(const TraceState& trace, What what) const noexcept {
  if (trace.waiting == 0) return false;
  return what == What::the_end || trace.waiting >= kManySpans || trace.kept.size() >= kMuchQueued ||
         kept_bytes_ > set_.budget.most() / 4 ||
         now_ - trace.since >= kManyFlushes * set_.flush_interval;
}

void Flusher::form_chunk(TraceState& trace) noexcept {
  if (!queue(trace)) return drop_waiting(trace, SpanDrop::no_memory);
  working_.held -= trace.waiting;
  working_.queued += trace.waiting;
  forget_waiting(trace);
}

// Tells whether there was memory.
bool Flusher::queue(TraceState& trace) noexcept {
  try {
    if (write_chunk(trace)) return true;
  } catch (const std::bad_alloc&) {
    // Like where it tells so.
  }
  cut_back();
  return false;
}

bool Flusher::write_chunk(TraceState& trace) {
  const int priority = trace.decision.get().priority;
  const bool ride = priority > 0 && features_.meta_structs;
  if (!writer_.write(trace, ride ? ChunkWriter::Events::into_spans : ChunkWriter::Events::apart))
    return false;
  const bool keeps = trace.kept.capacity() != 0;
  if (keeps) queue_.own.emplace_back();
  const std::size_t own_before = pieces_.empty() ? 0 : pieces_.back().own_end;
  pieces_.push_back({.parts_end = queue_.parts.size(),
                     .own_end = queue_.own.size(),
                     .events_end = queue_.events.size(),
                     .evaluations_end = queue_.evaluations.size(),
                     .count = trace.waiting,
                     .events = writer_.events_apart(),
                     .priority = priority,
                     .partial = !trace.is_complete()});
  if (keeps) queue_.own.back() = take_kept(trace);
  for (std::size_t i = own_before; i < queue_.own.size(); ++i)
    own_bytes_ += queue_.own[i].capacity();
  return true;
}

// Takes off what was begun of a chunk.
void Flusher::cut_back() noexcept {
  const Piece last = pieces_.empty() ? Piece{} : pieces_.back();
  queue_.parts.resize(last.parts_end);
  queue_.own.resize(last.own_end);
  queue_.events.written_to(queue_.events.data() + last.events_end);
  queue_.evaluations.written_to(queue_.evaluations.data() + last.evaluations_end);
}

void Flusher::drop_waiting(TraceState& trace, SpanDrop reason) noexcept {
  working_.held -= trace.waiting;
  working_.dropped[static_cast<std::size_t>(reason)] += trace.waiting;
  each_waiting(trace, [this](const Record& record) {
    if (record.judges) ++working_.evaluations_lost;
    return true;
  });
  forget_waiting(trace);
}

Bytes Flusher::take_kept(TraceState& trace) noexcept {
  kept_bytes_ -= trace.kept.size();
  set_.budget.give_back(trace.kept.capacity());
  return std::exchange(trace.kept, {});
}

void Flusher::forget_waiting(TraceState& trace) noexcept {
  if (trace.kept.capacity() != 0) take_kept(trace);
  trace.first = nullptr;
  trace.last = nullptr;
  trace.waiting = 0;
  trace.since = now_;
}

// Copies the records that lie in arenas: their memory goes back.
void Flusher::keep(TraceState& trace) noexcept {
  const std::size_t capacity = trace.kept.capacity();
  const std::size_t size = trace.kept.size();
  for (const Record* record = trace.first; record != nullptr; record = record->next) {
    if (trace.kept.append({reinterpret_cast<const char*>(record), record->bytes})) continue;
    trace.kept.written_to(trace.kept.data() + size);
    set_.budget.take_anyway(trace.kept.capacity() - capacity);
    return drop_waiting(trace, SpanDrop::no_memory);
  }
  kept_bytes_ += trace.kept.size() - size;
  set_.budget.take_anyway(trace.kept.capacity() - capacity);
  trace.first = nullptr;
  trace.last = nullptr;
}

void Flusher::recycle(TraceState& trace) noexcept {
  trace.is_listed = false;
  trace.received = 0;
  trace.heard = false;
  // Its next user sees them by the list that it is given back to.
  trace.lost.store(0, std::memory_order_relaxed);
  trace.told.store(false, std::memory_order_relaxed);
  if (over_ != nullptr && over_->home != trace.home) give_states_back();
  if (over_ == nullptr) over_last_ = &trace;
  trace.next_free = std::exchange(over_, &trace);
}

void Flusher::give_states_back() noexcept {
  if (over_ == nullptr) return;
  Arena& home = *over_->home;
  home.give_back(*std::exchange(over_, nullptr), *over_last_);
}

}  // namespace pawl::trace
